import { AsterError, type EnumType, type StructType, type Type } from '@aster/rpc-core'
import { type BareType, type InnerType, innerTypes, unwrap, type Unwrapped } from '@aster/rpc-core/schema'
import { typeKey } from '../names/known-types.ts'
import { assertRegistrable } from '../names/type-names.ts'
import { prependSegment, throwInvalid } from '../wire/failure.ts'

/** The kinds that can be a key or an element of a set (quirk 34 of docs/python-0.1.md). */
const hashable: Readonly<Record<BareType['kind'], boolean>> = {
  string: true,
  bool: true,
  bytes: true,
  int: true,
  int8: true,
  int16: true,
  int32: true,
  int64: true,
  uint8: true,
  uint16: true,
  uint32: true,
  uint64: true,
  float32: true,
  float64: true,
  timestamp: true,
  date: true,
  enum: true,
  any: true,
  list: false,
  set: false,
  map: false,
  record: false,
  struct: false,
}

/** @throws Failure if pyfory cannot serialise a type; the message names the field, and what to use instead */
export function assertSerializable(types: Iterable<Type>): void {
  const byTag = new Map<string, StructType | EnumType>()
  const done = new Set<BareType>()
  const open = new Set<BareType>()

  const visit = ({ type, field }: InnerType): void => {
    try {
      visitBare(unwrapOrFail(type).type)
    } catch (error) {
      throw field === undefined ? error : prependSegment(error, field)
    }
  }

  const visitBare = (type: BareType): void => {
    if (done.has(type)) return
    if (open.has(type)) {
      if (type.kind === 'struct') return
      throwInvalid(`a ${type.kind} that contains itself has no name in Python; put a t.struct in between`)
    }
    open.add(type)
    if (type.kind === 'struct' || type.kind === 'enum') claimTag(byTag, type)
    if (type.kind === 'set') assertHashable(type.element, "a set's element", 't.list')
    if (type.kind === 'map') assertHashable(type.key, 'a map key', 'a t.list of structs with a key and a value')
    for (const inner of innerTypes(type)) visit(inner)
    open.delete(type)
    done.add(type)
  }

  for (const type of types) visit({ type })
}

/**
 * Like `unwrap`, for a type that has not been checked.
 *
 * @throws Failure if a lazy type stands for itself
 */
export function unwrapOrFail(type: Type): Unwrapped {
  try {
    return unwrap(type)
  } catch (error) {
    if (error instanceof AsterError) throwInvalid(error.message)
    throw error
  }
}

function assertHashable(type: Type, place: string, instead: string): void {
  const { kind } = unwrapOrFail(type).type
  if (!hashable[kind]) throwInvalid(`a ${kind} cannot be ${place}, since Python cannot hash it; use ${instead}`)
}

function claimTag(byTag: Map<string, StructType | EnumType>, type: StructType | EnumType): void {
  assertRegistrable(type)
  const key = typeKey(type.namespace, type.name)
  const other = byTag.get(key)
  if (other === undefined) byTag.set(key, type)
  else if (other !== type)
    throwInvalid(`two types are tagged '${type.tag}'; give each ${type.kind} a tag of its own, or use one for both`)
}
