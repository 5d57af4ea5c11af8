import { assertNoDefault } from './default.ts'
import type { Type } from './type.ts'

/** The type of `t.list`. */
export interface ListType<T = unknown, I = T> extends Type<T[], readonly I[]> {
  /** The kind of type. */
  readonly kind: 'list'
  /** The type of the elements. */
  readonly element: Type<T, I>
}

/** Returns the type of an array. Its default is an empty array. */
export function list<T, I>(element: Type<T, I>): ListType<T, I> {
  assertNoDefault(element, 't.list')
  return {
    kind: 'list',
    element,
    zero: () => [],
    check(value, checker) {
      if (!Array.isArray(value)) return checker.mismatch('a list', value)
      return Array.from(value, (item: unknown, index) => checker.enter(index, () => element.check(item, checker)))
    },
  }
}
