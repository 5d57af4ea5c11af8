import { assertNoDefault } from './default.ts'
import type { Type } from './type.ts'

/** The type of `t.optional`. */
export interface OptionalType<T = unknown, I = T> extends Type<T | undefined, I | null | undefined> {
  /** The kind of type. */
  readonly kind: 'optional'
  /** The type of the value, if there is one. */
  readonly inner: Type<T, I>
}

/**
 * Returns a type of which `undefined` is a value as well. Callers may pass `null` for `undefined`. The default is
 * `undefined`.
 */
export function optional<T, I>(inner: Type<T, I>): OptionalType<T, I> {
  assertNoDefault(inner, 't.optional')
  return {
    kind: 'optional',
    inner,
    zero: () => undefined,
    check: (value, checker) => (value === undefined || value === null ? undefined : inner.check(value, checker)),
  }
}
