import { describeLength } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/**
 * Returns an http or https URL unchanged.
 *
 * @throws IdentityError if `text` is not such a URL. The error does not quote it, since it may contain a password
 */
export function checkRelayUrl(text: string, { source }: SourceOptions = {}): string {
  // `URL` ignores white space and replaces lone surrogates, so it would accept a string that differs from the URL.
  if (!/[\s\p{Cc}\p{Cs}]/u.test(text) && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new IdentityError({ field: 'relay', source, expected: 'an http or https URL', found: describeLength(text) })
}
