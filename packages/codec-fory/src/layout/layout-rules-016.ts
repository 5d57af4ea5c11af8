import { type BareType, compareCodePoints } from '@aster/rpc-core/schema'
import { TypeId } from '../names/type-id.ts'
import { formatId, isNumberType, type NumberFormat, numberFormat } from './number-format.ts'
import type { LayoutField } from './struct-layout.ts'

/** Returns the id that stands for the type of a field in the fingerprint, or 0 for types that are dynamic there. */
export function declaredId(type: BareType): number {
  if (isNumberType(type)) return formatId[numberFormat(type)]
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
    case 'any':
    case 'enum':
    case 'struct':
      return 0
  }
}

/** Returns the fingerprint of Fory 0.16 and 0.17: names are unchanged, and element types are omitted. */
export function fingerprint016(fields: readonly LayoutField[]): string {
  return [...fields]
    .sort((a, b) => compareCodePoints(a.wireName, b.wireName))
    .map((field) => `${field.wireName},${declaredId(field.type)},0,${field.optional ? 1 : 0};`)
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

function rank({ type, optional }: LayoutField): number {
  if (isNumberType(type)) return numberOrder.indexOf(numberFormat(type)) + (optional ? 100 : 0)
  return 200 + groups.indexOf(declaredId(type))
}

/** Compares fields in the order of Fory 0.16 and 0.17: by group, then by name. */
export function compareFields016(a: LayoutField, b: LayoutField): number {
  return rank(a) - rank(b) || compareCodePoints(a.wireName, b.wireName)
}
