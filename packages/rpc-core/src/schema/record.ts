import { isPlainObject, setKey } from '../values/objects.ts'
import { assertNoDefault } from './default.ts'
import { isWellFormed } from './string.ts'
import type { Type } from './type.ts'

export interface RecordType<T = unknown, I = T> extends Type<Record<string, T>, Readonly<Record<string, I>>> {
  readonly kind: 'record'
  readonly value: Type<T, I>
}

/** A plain object as a map with string keys. JavaScript moves keys like `'10'` to the front: use `map` where order counts. */
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
