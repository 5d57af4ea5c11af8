import { base64, base64nopad } from '@scure/base'
import { describeLength } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/**
 * Parses base64 of either alphabet, padded or not. White space and line breaks are ignored.
 *
 * @throws IdentityError if `text` is not base64
 */
export function parseBase64(text: string, field: string, { source }: SourceOptions = {}): Uint8Array {
  const joined = text.replace(/[ \t\r\n]+/g, '')
  const digits = joined.replace(/={1,2}$/, '')
  const wellPadded = digits.length === joined.length || joined.length % 4 === 0
  if (wellPadded && /^[A-Za-z0-9+/_-]*$/.test(digits)) {
    try {
      return base64nopad.decode(digits.replaceAll('-', '+').replaceAll('_', '/'))
    } catch {
      // The length is impossible, or bits are left over. The error is thrown below.
    }
  }
  throw new IdentityError({ field, source, expected: 'base64', found: `${describeLength(text)} that is not base64` })
}

/** Returns bytes in base64, with the standard alphabet and padding. */
export const formatBase64 = (bytes: Uint8Array): string => base64.encode(bytes)
