import { describeLength } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** Takes an http or https URL as it stands. Its text is not repeated in the error: it may hold a password. */
export function checkRelayUrl(text: string, { source }: SourceOptions = {}): string {
  // `URL` forgives white space and replaces lone surrogates; what is passed on would be another text.
  if (!/[\s\p{Cc}\p{Cs}]/u.test(text) && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new IdentityError({ field: 'relay', source, expected: 'an http or https URL', found: describeLength(text) })
}
