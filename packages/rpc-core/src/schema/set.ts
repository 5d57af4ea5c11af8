import { isSet } from '../values/guards.ts'
import { assertNoDefault } from './default.ts'
import type { Type } from './type.ts'

/** The type of `t.set`. */
export interface SetType<T = unknown, I = T> extends Type<Set<T>, ReadonlySet<I>> {
  /** The kind of type. */
  readonly kind: 'set'
  /** The type of the elements. */
  readonly element: Type<T, I>
}

/** Returns the type of a `Set`, sent in insertion order. The default is empty. */
export function set<T, I>(element: Type<T, I>): SetType<T, I> {
  assertNoDefault(element, 't.set')
  return {
    kind: 'set',
    element,
    zero: () => new Set(),
    check(value, checker) {
      if (!isSet(value)) return checker.mismatch('a Set', value)
      const out = new Set<T>()
      let index = 0
      for (const item of value) out.add(checker.enter(index++, () => element.check(item, checker)))
      return out
    },
  }
}
