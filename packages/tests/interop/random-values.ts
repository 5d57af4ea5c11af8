import { type Infer, type StructType, Timestamp, type Type, typed } from '@aster/client'
import { check } from '@aster/rpc-core'
import { unwrap } from '@aster/rpc-core/schema'

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const TEXTS = ['', 'a', "it's", 'é', '€uro', '😀 smile', 'line\nbreak', '__proto__', '10', 'x'.repeat(70)]
const BITS: Readonly<Record<string, number>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 63,
}

/** Makes a random value of any type that both sides can carry. */
export class RandomValues {
  readonly #random: () => number
  readonly #any: readonly StructType[]

  /** @param any structs that a `t.any` may hold beside plain values */
  constructor(seed: number, any: readonly StructType[] = []) {
    this.#random = makeRandom(seed)
    this.#any = any
  }

  of<X extends Type>(type: X, depth = 0): Infer<X> {
    return this.#value(type, depth) as Infer<X>
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count)
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#below(all.length)] as T
  }

  #count(depth: number): number {
    return depth > 3 ? 0 : this.#below(4)
  }

  /** Returns keys that differ by value, even if JavaScript compares them by identity. */
  #keys(depth: number, make: () => unknown): unknown[] {
    const keys = Array.from({ length: this.#count(depth) }, make)
    return [...new Map(keys.map((key) => [`${typeof key} ${String(key)}`, key])).values()]
  }

  #value(outer: Type, depth: number): unknown {
    const { type, optional } = unwrap(outer)
    if (optional && (depth > 4 || this.#random() < 0.3)) return undefined
    const inner = (part: Type): unknown => this.#value(part, depth + 1)
    switch (type.kind) {
      case 'struct':
        return Object.fromEntries(type.fields.map((field) => [field.name, inner(field.type)]))
      case 'enum':
        return this.#pick(type.entries).value
      case 'list':
        return Array.from({ length: this.#count(depth) }, () => inner(type.element))
      case 'set':
        return new Set(this.#keys(depth, () => inner(type.element)))
      case 'record':
        return Object.fromEntries(
          Array.from({ length: this.#count(depth) }, (_, i) => [this.#pick(TEXTS) + i, inner(type.value)]),
        )
      case 'map':
        return new Map(this.#keys(depth, () => inner(type.key)).map((key) => [key, inner(type.value)]))
      case 'any':
        return this.#anything(depth)
      case 'timestamp':
        // Whole seconds: Python rounds through a double.
        return new Timestamp(this.#below(2 ** 31))
      case 'date':
        return `${1900 + this.#below(200)}-0${1 + this.#below(9)}-${10 + this.#below(18)}`
      default:
        return this.#plain(type.kind)
    }
  }

  #plain(kind: string): unknown {
    switch (kind) {
      case 'string':
        return this.#pick(TEXTS)
      case 'bool':
        return this.#random() < 0.5
      case 'bytes':
        return Uint8Array.from({ length: this.#below(20) }, () => this.#below(256))
      case 'float32':
        return Math.fround(this.#random() * 1000)
      case 'float64':
        return this.#pick([0, -0, 1, -1.5, 1e300, 5e-324, this.#random() * 1e6])
      case 'int':
        return this.#pick([
          0,
          1,
          -1,
          63,
          -64,
          8192,
          Number.MAX_SAFE_INTEGER,
          Number.MIN_SAFE_INTEGER,
          this.#below(2 ** 40),
        ])
      default: {
        const bits = BITS[kind] ?? 8
        const isSigned = kind.startsWith('int')
        const most = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n
        const value = this.#pick([0n, 1n, most, BigInt(this.#below(100)), ...(isSigned ? [-1n, -most - 1n] : [])])
        return bits > 32 ? value : Number(value)
      }
    }
  }

  #anything(depth: number): unknown {
    const plain = [5, -7, 1.5, 'text', true, null, [1, 'a', null], { a: 1, b: ['c'] }]
    const struct = this.#any.length > 0 && depth < 4 && this.#random() < 0.3 ? this.#pick(this.#any) : undefined
    // The value has all fields, since a field that is left out comes back with its default.
    return struct === undefined
      ? this.#pick(plain)
      : typed(struct as Type, check(struct as Type, this.#value(struct, depth + 1)))
  }
}
