import { compareCodePoints, describeSecret, isDate, isObject, quoted } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** What the root key vouches for, such as `aster.role`. */
export type Attributes = Readonly<Record<string, string>>

const loneSurrogate = /\p{Cs}/u

/**
 * Returns a copy of an object with string values.
 *
 * @throws IdentityError for anything else, and for a lone surrogate, which has no UTF-8 and cannot be signed
 */
export function checkAttributes(value: unknown, field: string, { source }: SourceOptions = {}): Attributes {
  if (!isObject(value) || isDate(value)) {
    throw new IdentityError({ field, source, expected: 'an object with string values', found: describeSecret(value) })
  }
  const entries = Object.entries(value).map(([key, text]: [string, unknown]): [string, string] => {
    const part = { field: `${field}[${quoted(key)}]`, source }
    if (typeof text !== 'string') {
      throw new IdentityError({ ...part, expected: 'a string', found: describeSecret(text) })
    }
    if (loneSurrogate.test(key) || loneSurrogate.test(text)) {
      throw new IdentityError({ ...part, expected: 'well-formed Unicode', found: 'half of a surrogate pair' })
    }
    return [key, text]
  })
  // `fromEntries` makes an own property even of `__proto__`.
  return Object.fromEntries(entries)
}

/**
 * The JSON that is signed: keys in the order of their code points, no spaces, nothing escaped that need not be.
 * Throws `IdentityError`.
 */
export function canonicalAttributes(attributes: Attributes): string {
  const entries = Object.entries(checkAttributes(attributes, 'attributes'))
  const sorted = entries.toSorted(([a], [b]) => compareCodePoints(a, b))
  // Without lone surrogates `JSON.stringify` escapes exactly the quote, the backslash and U+0000 to U+001F.
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}
