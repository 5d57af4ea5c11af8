import type { AnyType } from './any.ts'
import type { BoolType } from './bool.ts'
import type { BytesType } from './bytes.ts'
import type { DateType } from './date.ts'
import type { DefaultType } from './default.ts'
import type { EnumType } from './enum.ts'
import type { FloatType } from './float.ts'
import type { BigintType, IntegerType } from './integer.ts'
import type { LazyType } from './lazy.ts'
import type { ListType } from './list.ts'
import type { MapType } from './map.ts'
import type { OptionalType } from './optional.ts'
import type { RecordType } from './record.ts'
import type { SetType } from './set.ts'
import type { StringType } from './string.ts'
import type { StructType } from './struct.ts'
import type { TimestampType } from './timestamp.ts'
import type { Type } from './type.ts'

/** Every kind of type, for a codec's `switch (type.kind)`. */
export type WireType =
  | StringType
  | BoolType
  | BytesType
  | IntegerType
  | BigintType
  | FloatType
  | TimestampType
  | DateType
  | AnyType
  | OptionalType
  | DefaultType
  | ListType
  | SetType
  | RecordType
  | MapType
  | EnumType
  | StructType
  | LazyType

/** Returns a type as the union of its kinds. Every `Type` is one of them, since only the members of `t` make types. */
export function wireType(type: Type): WireType {
  return type as WireType
}
