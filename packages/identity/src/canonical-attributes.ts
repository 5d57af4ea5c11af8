import { IdentityError, kindOf, quoted, type SourceOptions } from './identity-error.ts'

/** What the root key vouches for, such as `aster.role`. */
export type Attributes = Readonly<Record<string, string>>

const loneSurrogate = /\p{Cs}/u

/** Takes a table of texts. Throws `IdentityError`, also for a lone surrogate, which has no UTF-8 and cannot be signed. */
export function checkAttributes(value: unknown, field: string, { source }: SourceOptions = {}): Attributes {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
    throw new IdentityError({ field, source, expected: 'a table of texts', found: kindOf(value) })
  }
  const entries = Object.entries(value).map(([key, text]: [string, unknown]): [string, string] => {
    if (typeof text !== 'string') {
      throw new IdentityError({ field: `${field}[${quoted(key)}]`, source, expected: 'a text', found: kindOf(text) })
    }
    if (loneSurrogate.test(key) || loneSurrogate.test(text)) {
      const found = 'half of a surrogate pair'
      throw new IdentityError({ field: `${field}[${quoted(key)}]`, source, expected: 'well-formed Unicode', found })
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
  const entries = Object.entries(checkAttributes(attributes, 'attributes')).toSorted(([a], [b]) => byCodePoint(a, b))
  // Without lone surrogates `JSON.stringify` escapes exactly the quote, the backslash and U+0000 to U+001F.
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}

/** Not the order of `Array.prototype.sort`, which puts U+1F600 before U+FFEE. */
function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0)
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0)
  const index = left.findIndex((codePoint, position) => codePoint !== right[position])
  if (index < 0) return left.length - right.length
  return (left[index] ?? -1) - (right[index] ?? -1)
}
