import { assertNoDefault } from './default.ts'
import type { Type } from './type.ts'

export interface ListType<T = unknown, I = T> extends Type<T[], readonly I[]> {
  readonly kind: 'list'
  readonly element: Type<T, I>
}

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
