import type { Type } from './type.ts'

export interface LazyType<T = unknown, I = T> extends Type<T, I> {
  readonly kind: 'lazy'
  /** What it stands for; asked for at first use. */
  readonly target: Type<T, I>
}

/** A type that is defined later, or that contains itself. */
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
