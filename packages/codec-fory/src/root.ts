import { check, type StructType, type Type } from '@aster/rpc-core'
import type { CodecContext } from './layout/codec-context.ts'
import type { Decoders } from './decode/decoders.ts'
import type { Read } from './decode/decoding.ts'
import { readFlag } from './decode/flag.ts'
import { isNullType, readTypeInfo } from './names/type-info.ts'
import type { Encoders } from './encode/encoders.ts'
import { isNull, type Write } from './encode/encoding.ts'
import { toDynamic } from './encode/to-dynamic.ts'
import { KnownTypes } from './names/known-types.ts'
import { Reader } from './wire/read-buffer.ts'
import { refuseUnsupported } from './layout/serializable.ts'
import { type Slot, slotOf } from './slot.ts'
import { claimName, type NamedType } from './names/type-names.ts'
import { WriteBuffer } from './wire/write-buffer.ts'

/** A type as that of a whole message, made ready. */
export interface Root {
  readonly write: Write
  readonly read: Read
  readonly known: KnownTypes
}

/** @throws Failure for a type that pyfory cannot serialise */
export function rootOf(
  type: Type,
  others: readonly Type[],
  context: CodecContext,
  encoders: Encoders,
  decoders: Decoders,
): Root {
  refuseUnsupported([type, ...others])
  const slot = slotOf(type)
  const known = new KnownTypes([type, ...others])
  if (slot.type.kind === 'struct') return structRoot(slot.type, slot, known, context, encoders, decoders)
  return { write: valueWriter(type, context, encoders), read: valueReader(slot, context, decoders), known }
}

/** Messages are structs; everything before their first field but the hash is the same each time. */
function structRoot(
  type: StructType,
  slot: Slot,
  known: KnownTypes,
  context: CodecContext,
  encoders: Encoders,
  decoders: Decoders,
): Root {
  const { dialect } = context
  const named = context.named(type)
  const prefix = prefixOf(context, named)
  const names = namesIn(prefix, context)
  const payload = encoders.payload(type)
  const readPayload = decoders.of(type).read
  const readSlow = valueReader(slot, context, decoders)
  return {
    known,
    write(out, value) {
      if (slot.nullable && isNull(value)) return out.prefix(dialect.nullMessage)
      out.prefix(prefix)
      claimName(out, named.namespace)
      claimName(out, named.name)
      payload(out, value)
    },
    read(input) {
      if (!startsWith(input, prefix)) return readSlow(input)
      input.pos += prefix.length
      for (const name of names) input.names.push(name)
      return readPayload(input)
    },
  }
}

function prefixOf({ dialect }: CodecContext, named: NamedType): Uint8Array {
  const out = new WriteBuffer()
  out.start()
  out.raw(dialect.valueHeader)
  dialect.writeTypeInfo(out, named)
  return out.take()
}

/** The names that a later one may refer to. */
function namesIn(prefix: Uint8Array, { dialect }: CodecContext): readonly string[] {
  const input = new Reader(dialect)
  input.start(prefix, undefined)
  dialect.readHeader(input)
  readFlag(input)
  readTypeInfo(input)
  return input.names
}

function startsWith({ bytes, pos }: Reader, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[pos + i] !== prefix[i]) return false
  return true
}

/** What is no struct is written as Python does without a declaration. */
function valueWriter(type: Type, { dialect }: CodecContext, { dynamic }: Encoders): Write {
  return (out, value) => {
    const checked = toDynamic(type, check(type, value))
    if (isNull(checked)) return out.raw(dialect.nullMessage)
    out.raw(dialect.valueHeader)
    dynamic.write(out, checked)
  }
}

function valueReader(slot: Slot, { dialect }: CodecContext, decoders: Decoders): Read {
  const place = decoders.place(slot)
  return (input) => {
    if (!dialect.readHeader(input)) {
      // Whatever stands after it.
      input.pos = input.bytes.length
      return place.readNull(input)
    }
    if (!readFlag(input)) return place.readNull(input)
    const written = readTypeInfo(input)
    return isNullType(written) ? place.readNull(input) : place.as(input, written)(input)
  }
}
