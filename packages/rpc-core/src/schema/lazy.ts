import type { Type } from './type.ts'

/** The type of `t.lazy`. */
export interface LazyType<T = unknown, I = T> extends Type<T, I> {
  /** The kind of type. */
  readonly kind: 'lazy'
  /** The type for which it stands, resolved at first use. */
  readonly target: Type<T, I>
}

/** Returns a type that stands for another, for types that are defined later or contain themselves. */
export function lazy<T, I>(resolve: () => Type<T, I>): LazyType<T, I> {
  let target: Type<T, I> | undefined
  const get = (): Type<T, I> => (target ??= resolve())
  return {
    kind: 'lazy',
    get target() {
      return get()
    },
    zero: () => get().zero(),
    check: (value, checker) => get().check(value, checker),
  }
}
