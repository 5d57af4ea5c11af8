import type { Field, StructType } from '@aster/rpc-core'
import { murmur3 } from '../wire/murmur3.ts'
import { formatId, type NumberFormat, numberFormat } from './number-format.ts'
import { type BareType, type Slot, slotOf } from '../slot.ts'
import { TypeId } from '../names/type-id.ts'

export interface LayoutField extends Slot {
  /** The TypeScript name. */
  readonly name: string
  readonly wireName: string
}

/** What a struct's types alone decide: the order of its fields on the wire, and the hash before them. */
export interface StructLayout {
  readonly type: StructType
  /** In wire order. */
  readonly fields: readonly LayoutField[]
  readonly hash: number
}

export interface LayoutRules {
  fingerprint(fields: readonly LayoutField[]): string
  compareFields(a: LayoutField, b: LayoutField): number
}

export function layoutOf(type: StructType, rules: LayoutRules): StructLayout {
  const fields = type.fields.map((field: Field) => ({
    ...slotOf(field.type),
    name: field.name,
    wireName: field.wireName,
  }))
  fields.sort((a, b) => rules.compareFields(a, b))
  return { type, fields, hash: fingerprintHash(rules.fingerprint(fields)) }
}

/** What pyfory writes for a struct without fields. */
const EMPTY_HASH = 47

function fingerprintHash(fingerprint: string): number {
  if (fingerprint === '') return EMPTY_HASH
  return Number(BigInt.asIntN(32, murmur3(new TextEncoder().encode(fingerprint))))
}

/** The id that stands for a field's type in the fingerprint; 0 for those that are dynamic there. */
export function declaredId(type: BareType): number {
  const format = numberFormat(type)
  if (format !== undefined) return formatId[format]
  switch (type.kind) {
    case 'string':
      return TypeId.STRING
    case 'bytes':
      return TypeId.BYTES
    case 'timestamp':
      return TypeId.TIMESTAMP
    case 'date':
      return TypeId.DATE
    case 'list':
      return TypeId.LIST
    case 'set':
      return TypeId.SET
    case 'map':
    case 'record':
      return TypeId.MAP
    default:
      return 0
  }
}

/** The fingerprint of Fory 0.16 and 0.17: names as they are, no element types. */
export function fingerprint016(fields: readonly LayoutField[]): string {
  return [...fields]
    .sort((a, b) => compareCodePoints(a.wireName, b.wireName))
    .map((field) => `${field.wireName},${declaredId(field.type)},0,${field.nullable ? 1 : 0};`)
    .join('')
}

/** Fixed width before variable, wide before narrow, then the higher id. */
const numberOrder: readonly NumberFormat[] = [
  'float64',
  'fixedUint64',
  'fixedInt64',
  'float32',
  'fixedUint32',
  'fixedInt32',
  'uint16',
  'int16',
  'uint8',
  'int8',
  'bool',
  'taggedUint64',
  'uint64',
  'taggedInt64',
  'int64',
  'uint32',
  'int32',
]

const groups = [
  TypeId.STRING,
  TypeId.TIMESTAMP,
  TypeId.DATE,
  TypeId.BYTES,
  TypeId.LIST,
  TypeId.SET,
  TypeId.MAP,
  0,
] as readonly number[]

function rank(field: LayoutField): number {
  const format = numberFormat(field.type)
  if (format !== undefined) return numberOrder.indexOf(format) + (field.nullable ? 100 : 0)
  return 200 + groups.indexOf(declaredId(field.type))
}

/** The order of fields in Fory 0.16 and 0.17: by group, then by name. */
export function compareFields016(a: LayoutField, b: LayoutField): number {
  return rank(a) - rank(b) || compareCodePoints(a.wireName, b.wireName)
}

/** `<` on strings compares UTF-16 units, which puts astral letters before U+E000. */
export function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a)
  const right = Array.from(b)
  for (let i = 0; i < left.length && i < right.length; i++) {
    const by = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (by !== 0) return by
  }
  return left.length - right.length
}
