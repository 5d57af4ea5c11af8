import type { Type } from '@aster/rpc-core'

/** Returns a function that calls `make` once for each type, and returns the same result from then on. */
export function oncePerType<V extends object>(make: (type: Type) => V): (type: Type) => V {
  const made = new WeakMap<Type, V>()
  return (type) => {
    let known = made.get(type)
    if (known === undefined) {
      known = make(type)
      made.set(type, known)
    }
    return known
  }
}
