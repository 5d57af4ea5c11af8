import { hex } from '@scure/base'
import { describeSecret } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

interface HexOptions extends SourceOptions {
  /** The name of the value in errors. */
  readonly field: string
  /** The number of bytes that the digits encode. */
  readonly bytes: number
}

/**
 * Parses hex digits of any case. Returns them in lower case.
 *
 * @throws IdentityError if `value` is not a string of so many hex digits
 */
export function parseHex(value: unknown, { field, bytes, source }: HexOptions): string {
  const fits = typeof value === 'string' && value.length === 2 * bytes
  if (fits && /^[0-9a-f]*$/i.test(value)) return value.toLowerCase()
  const found = fits ? 'a character that is not a hex digit' : describeSecret(value)
  throw new IdentityError({ field, source, expected: `${2 * bytes} hex digits`, found })
}

/** Returns the bytes of a string that `parseHex` returned. */
export const bytesOfHex = (text: string): Uint8Array => hex.decode(text)

export const hexOfBytes = (bytes: Uint8Array): string => hex.encode(bytes)
