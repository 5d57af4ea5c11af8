import type { Type } from './type.ts'

export interface StringType extends Type<string> {
  readonly kind: 'string'
}

/** Text. Lone surrogates are refused: no encoding carries them. */
export const string: StringType = {
  kind: 'string',
  zero: () => '',
  check(value, checker) {
    if (typeof value !== 'string') return checker.mismatch('a string', value)
    return isWellFormed(value) ? value : checker.fail('expected a string without lone surrogates')
  },
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text)
}
