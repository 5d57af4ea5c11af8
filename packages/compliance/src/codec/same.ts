import { expect } from 'vitest'
import { isBytes, isMap, isSet } from '@aster/rpc-core/schema'

/**
 * Returns whether two messages are equal: NaN equals NaN, −0 differs from 0, the class counts, and an absent key differs
 * from `undefined`. (`toStrictEqual` mistakes a field with the name `constructor` for the class, and is slow if lists of
 * bytes are long.)
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (isBytes(a) && isBytes(b)) return a.length === b.length && a.every((byte, i) => byte === b[i])
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]))
  if (isSet(a) && isSet(b)) return isSameInAnyOrder([...a], [...b])
  if (isMap(a) && isMap(b)) return isSameInAnyOrder([...a], [...b])
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key as keyof typeof a], b[key as keyof typeof b]))
  )
}

/** Compares sets and maps, which may be decoded in another order. */
function isSameInAnyOrder(a: readonly unknown[], b: readonly unknown[]): boolean {
  const left = [...b]
  const take = (item: unknown): boolean => {
    const at = left.findIndex((other) => isSame(item, other))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  }
  return a.length === b.length && a.every(take)
}

/** Fails the test unless `isSame` holds. */
export function expectSame(found: unknown, expected: unknown): void {
  if (!isSame(found, expected)) {
    expect(found).toStrictEqual(expected)
    expect.fail('expected the same value, found one that differs in a class or in the sign of 0')
  }
}
