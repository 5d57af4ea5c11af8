import { isPlainObject, setKey } from '../values/objects.ts'
import { assertNoDefault } from './default.ts'
import { isWellFormed } from './string.ts'
import type { Type } from './type.ts'

/** The type of `t.record`. */
export interface RecordType<T = unknown, I = T> extends Type<Record<string, T>, Readonly<Record<string, I>>> {
  /** The kind of type. */
  readonly kind: 'record'
  /** The type of the values. */
  readonly value: Type<T, I>
}

/**
 * Returns the type of a plain object that maps strings to values. Its default is an empty object. JavaScript moves keys
 * like `'10'` to the front: use `t.map` if the order matters.
 */
export function record<T, I>(value: Type<T, I>): RecordType<T, I> {
  assertNoDefault(value, 't.record')
  return {
    kind: 'record',
    value,
    zero: () => ({}),
    check(object, checker) {
      if (!isPlainObject(object)) return checker.mismatch('a plain object', object)
      const out: Record<string, T> = {}
      for (const key of Object.keys(object)) {
        if (!isWellFormed(key)) checker.fail('expected keys without lone surrogates')
        setKey(
          out,
          key,
          checker.enter(key, () => value.check(object[key], checker)),
        )
      }
      return out
    },
  }
}
