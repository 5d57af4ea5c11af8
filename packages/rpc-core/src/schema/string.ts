import type { Type } from './type.ts'

/** The type of `t.string`. */
export interface StringType extends Type<string> {
  /** The kind of type. */
  readonly kind: 'string'
}

/** A `string`. Lone surrogates are rejected, since no encoding carries them. The default is `''`. */
export const string: StringType = {
  kind: 'string',
  zero: () => '',
  check(value, checker) {
    if (typeof value !== 'string') return checker.mismatch('a string', value)
    return isWellFormed(value) ? value : checker.fail('expected a string without lone surrogates')
  },
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** Returns whether a string has no lone surrogates. */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text)
}
