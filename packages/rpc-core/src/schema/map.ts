import { isMap } from '../values/guards.ts'
import { keySegment } from './checker.ts'
import { assertNoDefault } from './default.ts'
import type { Type } from './type.ts'

/** The type of `t.map`. */
export interface MapType<K = unknown, V = unknown, KI = K, VI = V> extends Type<Map<K, V>, ReadonlyMap<KI, VI>> {
  /** The kind of type. */
  readonly kind: 'map'
  /** The type of the keys. */
  readonly key: Type<K, KI>
  /** The type of the values. */
  readonly value: Type<V, VI>
}

/** Returns the type of a `Map`. The default is empty. */
export function map<K, V, KI, VI>(key: Type<K, KI>, value: Type<V, VI>): MapType<K, V, KI, VI> {
  assertNoDefault(key, 't.map')
  assertNoDefault(value, 't.map')
  return {
    kind: 'map',
    key,
    value,
    zero: () => new Map(),
    check(entries, checker) {
      if (!isMap(entries)) return checker.mismatch('a Map', entries)
      const out = new Map<K, V>()
      for (const [k, v] of entries as Map<unknown, unknown>) {
        checker.enter(keySegment(k), () => out.set(key.check(k, checker), value.check(v, checker)))
      }
      return out
    },
  }
}
