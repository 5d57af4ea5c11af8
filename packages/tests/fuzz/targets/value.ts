import { Timestamp, type Type } from '@aster/rpc-core'
import { dateOfDays, setKey, wireType } from '@aster/rpc-core/schema'
import type { Choices } from '../engine/choices.ts'

const DEPTH = 6
const INTEGERS = { int8: 8, int16: 16, int32: 32, uint8: 8, uint16: 16, uint32: 32 } as const

/** Returns a value of a type; the choices decide which. */
export function valueOf(type: Type, choices: Choices, depth = 0): unknown {
  const wire = wireType(type)
  const inner = (one: Type): unknown => valueOf(one, choices, depth + 1)
  const length = (): number => (depth > DEPTH || choices.isAtEnd ? 0 : choices.below(choices.below(8) === 0 ? 40 : 5))
  switch (wire.kind) {
    case 'string':
      return choices.text(choices.below(8) === 0 ? 300 : 12)
    case 'bool':
      return choices.below(2) === 1
    case 'bytes':
      return choices.bytes(choices.below(40))
    case 'int':
      return Number(BigInt.asIntN(choices.pick([8, 16, 32, 53]), choices.bigint()))
    case 'int8':
    case 'int16':
    case 'int32':
      return Number(BigInt.asIntN(INTEGERS[wire.kind], choices.bigint()))
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return Number(BigInt.asUintN(INTEGERS[wire.kind], choices.bigint()))
    case 'int64':
      return BigInt.asIntN(choices.pick([8, 32, 64]), choices.bigint())
    case 'uint64':
      return BigInt.asUintN(choices.pick([8, 32, 64]), choices.bigint())
    case 'float32':
      return Math.fround(choices.float())
    case 'float64':
      return choices.pick([choices.float(), choices.byte(), -0, Infinity, NaN])
    case 'timestamp':
      return new Timestamp(choices.below(65_536) * choices.pick([1, 60_000, -1]), choices.below(1000))
    case 'date':
      return dateOfDays(choices.below(65_536) - 20_000)
    case 'any':
      return anyOf(choices, depth)
    case 'optional':
      return depth > DEPTH || choices.below(3) === 0 ? undefined : inner(wire.inner)
    case 'default':
      return inner(wire.inner)
    case 'lazy':
      return valueOf(wire.target, choices, depth)
    case 'list':
      return Array.from({ length: length() }, () => inner(wire.element))
    case 'set':
      return new Set(Array.from({ length: length() }, () => inner(wire.element)))
    case 'map':
      return new Map(Array.from({ length: length() }, () => [inner(wire.key), inner(wire.value)]))
    case 'record': {
      const out = {}
      for (let left = length(); left > 0; left--) setKey(out, keyOf(choices), inner(wire.value))
      return out
    }
    case 'enum':
      return choices.pick(wire.entries).value
    case 'struct':
      return Object.fromEntries(wire.fields.map((field) => [field.name, inner(field.type)]))
  }
}

const keyOf = (choices: Choices): string => choices.pick([choices.text(8), '__proto__', 'constructor', '10', '-1', ''])

function anyOf(choices: Choices, depth: number): unknown {
  const kind = choices.below(depth > DEPTH ? 5 : 8)
  const length = choices.below(5)
  const inner = (): unknown => anyOf(choices, depth + 1)
  if (kind === 0) return null
  if (kind === 1) return choices.below(2) === 1
  if (kind === 2) return choices.text(20)
  if (kind === 3) return choices.float()
  if (kind === 4) return Number(BigInt.asIntN(53, choices.bigint()))
  if (kind === 5) return Array.from({ length }, inner)
  if (kind === 6) return new Map(Array.from({ length }, () => [choices.text(6), inner()]))
  const out = {}
  for (let left = length; left > 0; left--) setKey(out, keyOf(choices), inner())
  return out
}
