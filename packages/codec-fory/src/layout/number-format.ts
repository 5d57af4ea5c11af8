import { type BigintType, type BoolType, type FloatType, type IntegerType, t } from '@aster/rpc-core'
import type { BareType } from '@aster/rpc-core/schema'
import { TypeId } from '../names/type-id.ts'

/** The formats of numbers, as pyfory names them; `bool` is ordered with them. Both buffers have a method for each. */
export type NumberFormat =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'fixedInt32'
  | 'fixedInt64'
  | 'taggedInt64'
  | 'fixedUint32'
  | 'fixedUint64'
  | 'taggedUint64'
  | 'float32'
  | 'float64'
  | 'bool'

/** The methods of both buffers for a payload alone. `t.int` is an `int64` that stays a `number`. */
export type PayloadMethod = NumberFormat | 'int' | 'string' | 'bytesValue'

export const formatId: Readonly<Record<NumberFormat, number>> = {
  bool: TypeId.BOOL,
  int8: TypeId.INT8,
  int16: TypeId.INT16,
  fixedInt32: TypeId.FIXED_INT32,
  int32: TypeId.INT32,
  fixedInt64: TypeId.FIXED_INT64,
  int64: TypeId.INT64,
  taggedInt64: TypeId.TAGGED_INT64,
  uint8: TypeId.UINT8,
  uint16: TypeId.UINT16,
  fixedUint32: TypeId.FIXED_UINT32,
  uint32: TypeId.UINT32,
  fixedUint64: TypeId.FIXED_UINT64,
  uint64: TypeId.UINT64,
  taggedUint64: TypeId.TAGGED_UINT64,
  float32: TypeId.FLOAT32,
  float64: TypeId.FLOAT64,
}

const brand = Symbol.for('aster.fory.format')

function branded<T extends IntegerType | BigintType>(type: T, format: NumberFormat): T {
  return { ...type, [brand]: format }
}

/** `pyfory.fixed_int32`: always four bytes. For other codecs it is a `t.int32`. */
export const fixedInt32 = branded(t.int32, 'fixedInt32')
/** `pyfory.fixed_uint32`: always four bytes. For other codecs it is a `t.uint32`. */
export const fixedUint32 = branded(t.uint32, 'fixedUint32')
/** `pyfory.fixed_int64`: always eight bytes. For other codecs it is a `t.int64`. */
export const fixedInt64 = branded(t.int64, 'fixedInt64')
/** `pyfory.fixed_uint64`: always eight bytes. For other codecs it is a `t.uint64`. */
export const fixedUint64 = branded(t.uint64, 'fixedUint64')
/** `pyfory.tagged_int64`: four bytes if 31 bits suffice, else nine. For other codecs it is a `t.int64`. */
export const taggedInt64 = branded(t.int64, 'taggedInt64')
/** `pyfory.tagged_uint64`: four bytes if 31 bits suffice, else nine. For other codecs it is a `t.uint64`. */
export const taggedUint64 = branded(t.uint64, 'taggedUint64')

/** The types that are written as a number. */
export type NumberType = BoolType | IntegerType | BigintType | FloatType

const formatOfKind: Readonly<Record<NumberType['kind'], NumberFormat>> = {
  bool: 'bool',
  int: 'int64',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  float32: 'float32',
  float64: 'float64',
}

export function isNumberType(type: BareType): type is NumberType {
  return Object.hasOwn(formatOfKind, type.kind)
}

export function numberFormat(type: NumberType): NumberFormat {
  return (type as NumberType & { [brand]?: NumberFormat })[brand] ?? formatOfKind[type.kind]
}
