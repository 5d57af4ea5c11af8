import { hex } from '@scure/base'
import { describeSecret } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

interface HexOptions extends SourceOptions {
  /** As errors name it. */
  readonly field: string
  /** The number of bytes that the digits have to stand for. */
  readonly bytes: number
}

/** Reads hex digits of any case and returns them in lower case. @throws IdentityError */
export function parseHex(value: unknown, { field, bytes, source }: HexOptions): string {
  const fits = typeof value === 'string' && value.length === 2 * bytes
  if (fits && /^[0-9a-f]*$/i.test(value)) return value.toLowerCase()
  const found = fits ? 'a character that is no hex digit' : describeSecret(value)
  throw new IdentityError({ field, source, expected: `${2 * bytes} hex digits`, found })
}

/** Takes what `parseHex` returned. */
export const bytesOfHex = (text: string): Uint8Array => hex.decode(text)

export const hexOfBytes = (bytes: Uint8Array): string => hex.encode(bytes)
