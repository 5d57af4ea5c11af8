import { base64, base64nopad } from '@scure/base'
import { describeLength } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** Reads base64 of either alphabet, with or without padding, across white space and line breaks. Anything else is an error. */
export function parseBase64(text: string, field: string, { source }: SourceOptions = {}): Uint8Array {
  const joined = text.replace(/[ \t\r\n]+/g, '')
  const digits = joined.replace(/={1,2}$/, '')
  const wellPadded = digits.length === joined.length || joined.length % 4 === 0
  if (wellPadded && /^[A-Za-z0-9+/_-]*$/.test(digits)) {
    try {
      return base64nopad.decode(digits.replaceAll('-', '+').replaceAll('_', '/'))
    } catch {
      // A length that base64 never has, or bits left over: refused below.
    }
  }
  throw new IdentityError({ field, source, expected: 'base64', found: `${describeLength(text)} that is not base64` })
}

/** Standard alphabet, with padding. */
export const formatBase64 = (bytes: Uint8Array): string => base64.encode(bytes)
