import { hex } from '@scure/base'
import { IdentityError, kindOf, type SourceOptions } from './identity-error.ts'

/** Reads hex digits of any case and gives them in lower case. */
export function parseHex(value: unknown, bytes: number, field: string, { source }: SourceOptions = {}): string {
  if (typeof value === 'string' && value.length === 2 * bytes && /^[0-9a-f]*$/i.test(value)) return value.toLowerCase()
  const found =
    typeof value === 'string' && value.length === 2 * bytes ? 'a character that is no hex digit' : kindOf(value)
  throw new IdentityError({ field, source, expected: `${2 * bytes} hex digits`, found })
}

/** Texts that went through `parseHex`. */
export const bytesOfHex = (text: string): Uint8Array => hex.decode(text)

export const hexOfBytes = (bytes: Uint8Array): string => hex.encode(bytes)
