import { type StructType, t, type Type } from '@aster/rpc-core'
import { CallHeader, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { Answer, Ask, Blob, Color, Everything, Level, Paint, Plain, Point } from '../../interop/services.ts'

const Tree: StructType = t.struct('fuzz/Tree', {
  label: t.string,
  left: t.optional(t.lazy((): Type => Tree)),
  rest: t.list(t.lazy((): Type => Tree)),
})
const Scalars = t.struct('fuzz/Scalars', {
  flag: t.bool,
  tiny: t.int8,
  small: t.int16,
  medium: t.int32,
  large: t.int64,
  byte: t.uint8,
  short: t.uint16,
  word: t.uint32,
  long: t.uint64,
  int: t.int,
  single: t.float32,
  double: t.float64,
  text: t.string,
  raw: t.bytes,
  when: t.timestamp,
  day: t.date,
})
const Containers = t.struct('fuzz/Containers', {
  any: t.any,
  anything: t.list(t.any),
  words: t.set(t.string),
  numbers: t.set(t.int64),
  byName: t.map(t.string, t.any),
  byNumber: t.map(t.int32, t.list(t.string)),
  colors: t.map(Color, t.optional(Level)),
  deep: t.list(t.map(t.string, t.set(t.int))),
  maybe: t.optional(t.list(t.optional(t.float64))),
  record: t.record(t.record(t.any)),
  count: t.withDefault(t.int, 7),
})
const Demanding = t.struct('fuzz/Demanding', { a: t.string, b: t.int, c: t.optional(t.bool) }, { required: true })

/** The structs and enums that may stand in a `t.any`. */
export const known: readonly Type[] = [Point, Tree, Scalars, Color, Level]

/** A type of each kind, and the types of the protocol. An input selects one by its index. */
export const schemas: readonly Type[] = [
  Containers,
  Scalars,
  Tree,
  t.any,
  Everything,
  RpcStatus,
  StreamHeader,
  CallHeader,
  Plain,
  Paint,
  Ask,
  Answer,
  Blob,
  Demanding,
  t.list(t.any),
  t.map(t.string, t.string),
  t.map(t.timestamp, t.bytes),
  t.set(t.uint64),
  t.list(t.float32),
  t.list(t.bool),
  t.list(t.int),
  t.record(t.optional(Tree)),
  t.string,
  t.bytes,
  t.optional(t.date),
]
