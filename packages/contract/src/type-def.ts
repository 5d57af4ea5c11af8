import type { Field, StructType, Type } from '@aster/rpc-core'
import { unwrap } from '@aster/rpc-core/schema'
import { concatBytes } from '@noble/hashes/utils.js'
import { bool, type Bytes, bytes, int32, list, text, varint } from './canonical.ts'
import { primitiveName } from './primitives.ts'
import type { NameOf } from './struct-graph.ts'

/** The knowledge about other structs while one struct is written. */
export interface TypeDefContext {
  /** The hashes of the structs before. A struct without a hash is written as zeros, which happens only within a cycle. */
  readonly hashes: ReadonlyMap<StructType, Bytes>
  /** The structs to which this one refers back by name. */
  readonly back: ReadonlySet<StructType>
  readonly nameOf: NameOf
}

interface Element {
  /** 0: a primitive, 1: a reference, 2: a reference back, 3: any. */
  readonly kind: 0 | 1 | 2 | 3
  readonly primitive: string
  readonly ref: Bytes
  readonly selfRef: string
}

const NOTHING = new Uint8Array(0)
export const ZEROS: Bytes = new Uint8Array(32)
const UNUSED: Element = { kind: 0, primitive: '', ref: NOTHING, selfRef: '' }
const ANY: Element = { ...UNUSED, kind: 3 }

export interface Label {
  readonly packageName: string
  readonly name: string
}

/**
 * Returns the canonical bytes of a struct's TypeDef.
 *
 * @throws AsterError if a name has lone surrogates
 */
export function typeDef(struct: StructType, { packageName, name }: Label, context: TypeDefContext): Bytes {
  const fields = struct.fields.map((field, i) => fieldDef(struct, field, i + 1, context))
  const what = `struct ${struct.tag}`
  return concatBytes(varint(0), text(packageName, what), text(name, what), list(fields), list([]), list([]))
}

function fieldDef(struct: StructType, field: Field, id: number, context: TypeDefContext): Bytes {
  const what = `struct ${struct.tag}, field ${field.name}`
  const { type, optional } = unwrap(field.type)
  const { container, key, value } = parts(type, context)
  return concatBytes(
    int32(id, what),
    text(field.wireName, what),
    varint(value.kind),
    text(value.primitive, what),
    bytes(value.ref),
    text(value.selfRef, what),
    bool(optional),
    bool(false),
    varint(container),
    varint(key.kind),
    text(key.primitive, what),
    bytes(key.ref),
  )
}

/** Returns the container of a field (0: no container, 1: a list, 2: a set, 3: a map) and its elements. */
function parts(
  type: ReturnType<typeof unwrap>['type'],
  context: TypeDefContext,
): { container: number; key: Element; value: Element } {
  switch (type.kind) {
    case 'list':
      return { container: 1, key: UNUSED, value: element(type.element, context) }
    case 'set':
      return { container: 2, key: UNUSED, value: element(type.element, context) }
    case 'record':
      return { container: 3, key: { ...UNUSED, primitive: 'string' }, value: element(type.value, context) }
    case 'map':
      return { container: 3, key: element(type.key, context), value: element(type.value, context) }
    default:
      return { container: 0, key: UNUSED, value: element(type, context) }
  }
}

/** Returns an element. A container within a container, and an optional within one, is `any`. */
function element(outer: Type, { hashes, back, nameOf }: TypeDefContext): Element {
  const { type, optional } = unwrap(outer)
  if (optional) return ANY
  if (type.kind === 'struct') {
    if (back.has(type)) return { ...UNUSED, kind: 2, selfRef: nameOf(type) }
    return { ...UNUSED, kind: 1, ref: hashes.get(type) ?? ZEROS }
  }
  const primitive = primitiveName(type.kind)
  return primitive === undefined ? ANY : { ...UNUSED, primitive }
}
