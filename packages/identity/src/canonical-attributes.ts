import { compareCodePoints, describeSecret, isDate, isObject, quoted } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** The attributes of a credential, such as `aster.role`, which the root key signs. */
export type Attributes = Readonly<Record<string, string>>

const loneSurrogate = /\p{Cs}/u

/**
 * Returns a copy of an object with string values.
 *
 * @throws IdentityError if `value` is anything else, or has a lone surrogate, which cannot be signed since it has no UTF-8
 */
export function checkAttributes(value: unknown, field: string, options: SourceOptions = {}): Attributes {
  // `fromEntries` creates an own property even for `__proto__`.
  return Object.fromEntries(checkEntries(value, field, options))
}

function checkEntries(value: unknown, field: string, { source }: SourceOptions = {}): [string, string][] {
  if (!isObject(value) || isDate(value)) {
    throw new IdentityError({ field, source, expected: 'an object with string values', found: describeSecret(value) })
  }
  return Object.entries(value).map(([key, text]: [string, unknown]): [string, string] => {
    // Called only for an error, since a peer decides how many attributes there are.
    const attributeError = (expected: string, found: string): IdentityError =>
      new IdentityError({ field: `${field}[${quoted(key)}]`, source, expected, found })
    if (typeof text !== 'string') throw attributeError('a string', describeSecret(text))
    if (loneSurrogate.test(key) || loneSurrogate.test(text))
      throw attributeError('well-formed Unicode', 'half of a surrogate pair')
    return [key, text]
  })
}

/**
 * Returns the JSON that is signed: keys in the order of their code points, no spaces, and only necessary escapes.
 *
 * @throws IdentityError if a key or a value has a lone surrogate
 */
export function canonicalAttributes(attributes: Attributes): string {
  const sorted = checkEntries(attributes, 'attributes').toSorted(([a], [b]) => compareCodePoints(a, b))
  // Without lone surrogates `JSON.stringify` escapes exactly the quote, the backslash and U+0000 to U+001F.
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}
