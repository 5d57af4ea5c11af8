import { assertNoDefault } from './default.ts'
import type { Type } from './type.ts'

export interface OptionalType<T = unknown, I = T> extends Type<T | undefined, I | null | undefined> {
  readonly kind: 'optional'
  readonly inner: Type<T, I>
}

/** A value or `undefined`; `null` may be passed for `undefined`. */
export function optional<T, I>(inner: Type<T, I>): OptionalType<T, I> {
  assertNoDefault(inner, 't.optional')
  return {
    kind: 'optional',
    inner,
    zero: () => undefined,
    check: (value, checker) => (value === undefined || value === null ? undefined : inner.check(value, checker)),
  }
}
