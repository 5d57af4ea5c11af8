import { check, type StructType, type Type } from '@aster/rpc-core'
import { unwrap, type Unwrapped } from '@aster/rpc-core/schema'
import type { Decoders } from './decode/decoders.ts'
import type { Read } from './decode/decoding.ts'
import { readFlag } from './decode/flag.ts'
import type { Encoders } from './encode/encoders.ts'
import { isNull, type Write } from './encode/encoding.ts'
import { toDynamic } from './encode/to-dynamic.ts'
import type { CodecContext } from './layout/codec-context.ts'
import { assertSerializable } from './layout/serializable.ts'
import { KnownTypes } from './names/known-types.ts'
import { claimName, type NamedType } from './names/type-names.ts'
import { ReadBuffer } from './wire/read-buffer.ts'
import { WriteBuffer } from './wire/write-buffer.ts'

/** Writes and reads the messages of one type. */
export interface Root {
  readonly write: Write
  readonly read: Read
  /** The types that may occur in a dynamic position of the message. */
  readonly known: KnownTypes
}

/** The parts that all roots of one codec share. */
export interface RootParts {
  /** The types that may occur in a `t.any`, beside those within the message's type. */
  readonly types: readonly Type[]
  readonly context: CodecContext
  readonly encoders: Encoders
  readonly decoders: Decoders
}

/**
 * Creates the root of a type.
 *
 * @throws Failure if pyfory cannot serialise the type
 */
export function makeRoot(declared: Type, parts: RootParts): Root {
  const types = [declared, ...parts.types]
  assertSerializable(types)
  const known = new KnownTypes(types)
  const { type, optional } = unwrap(declared)
  if (type.kind === 'struct') return { known, ...structRoot({ type, optional, declared }, parts) }
  return { known, write: valueWriter(declared, parts), read: valueReader(declared, parts) }
}

interface StructRoot extends Unwrapped {
  readonly type: StructType
  readonly declared: Type
}

/** Creates the root of a struct. All bytes before the hash of a struct are the same in each message. */
function structRoot({ type, optional, declared }: StructRoot, parts: RootParts): Pick<Root, 'read' | 'write'> {
  const { context, encoders, decoders } = parts
  const { nullMessage } = context.dialect
  const { namespace, name } = context.named(type)
  const prefix = encodePrefix(context, context.named(type))
  const names = readNames(prefix, context)
  const writePayload = encoders.payloadWriter(type)
  const readPayload = decoders.decoding(type).read
  const readSlowly = valueReader(declared, parts)
  return {
    write(out, value) {
      if (optional && isNull(value)) return out.prefix(nullMessage)
      out.prefix(prefix)
      claimName(out, namespace)
      claimName(out, name)
      writePayload(out, value)
    },
    read(input) {
      if (!startsWith(input, prefix)) return readSlowly(input)
      input.pos += prefix.length
      for (const text of names) input.names.push(text)
      return readPayload(input)
    },
  }
}

function encodePrefix({ dialect }: CodecContext, named: NamedType): Uint8Array {
  const out = new WriteBuffer()
  out.start()
  out.raw(dialect.valueHeader)
  dialect.writeTypeInfo(out, named)
  return out.take()
}

/** Returns the names of a prefix, to which later names may refer. */
function readNames(prefix: Uint8Array, { dialect }: CodecContext): readonly string[] {
  const input = new ReadBuffer()
  input.start(prefix, undefined)
  dialect.readHeader(input)
  readFlag(input)
  dialect.readTypeInfo(input)
  return input.names
}

function startsWith({ bytes, pos }: ReadBuffer, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[pos + i] !== prefix[i]) return false
  return true
}

/**
 * Returns the writer of a message that is not a struct, which is written without its declared type (quirk 35 of
 * docs/python-0.1.md).
 */
function valueWriter(type: Type, { context: { dialect }, encoders: { dynamic } }: RootParts): Write {
  return (out, value) => {
    const checked = toDynamic(type, check(type, value))
    if (isNull(checked)) return out.raw(dialect.nullMessage)
    out.raw(dialect.valueHeader)
    dynamic.write(out, checked)
  }
}

function valueReader(type: Type, { context: { dialect }, decoders }: RootParts): Read {
  const element = decoders.element(type)
  return (input) => {
    if (!dialect.readHeader(input)) {
      // Bytes after the null are ignored.
      input.pos = input.bytes.length
      return element.readNull(input)
    }
    if (!readFlag(input)) return element.readNull(input)
    return element.readType(input)(input)
  }
}
