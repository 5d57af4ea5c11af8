import type { EnumType, StructType, Type } from '@aster/rpc-core'
import { type BareType, unwrap } from '@aster/rpc-core/schema'
import type { CodecContext } from '../layout/codec-context.ts'
import { isNumberType } from '../layout/number-format.ts'
import type { LayoutField } from '../layout/struct-layout.ts'
import { isRecursive } from '../names/reachable.ts'
import { isNamed, TypeId } from '../names/type-id.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import {
  type Decoding,
  type ElementDecoding,
  elementDecoding,
  limitDepth,
  nullThrower,
  type Read,
  readerForId,
  throwTypeMismatch,
} from './decoding.ts'
import { dynamicDecoding } from './dynamic.ts'
import { readFlag } from './flag.ts'
import { generateStructReader } from './generate.ts'
import { listReader, setReader } from './list.ts'
import { mapReader, recordReader } from './map.ts'
import { numberDecoding } from './number.ts'
import { type FieldDecoding, structReader } from './struct.ts'
import { readDate, readTimestamp } from './time.ts'

const stringDecoding: Decoding = {
  ...idDecoding(TypeId.STRING, 'string', (input) => input.string()),
  method: 'string',
}
const bytesDecoding: Decoding = {
  ...idDecoding(TypeId.BYTES, 'bytes', (input) => input.bytesValue()),
  method: 'bytesValue',
}

/** The decoders of one codec. Creates each type's decoder once. */
export class Decoders {
  readonly #context: CodecContext
  readonly #structs = new WeakMap<StructType, Decoding>()
  readonly #dynamic: ElementDecoding

  constructor(context: CodecContext) {
    this.#context = context
    this.#dynamic = dynamicDecoding(context.dialect, (type) => this.decoding(type).read)
  }

  decoding(type: BareType): Decoding {
    if (isNumberType(type)) return numberDecoding(type)
    const { dialect } = this.#context
    switch (type.kind) {
      case 'string':
        return stringDecoding
      case 'bytes':
        return bytesDecoding
      case 'timestamp':
        return idDecoding(TypeId.TIMESTAMP, 'timestamp', readTimestamp)
      case 'date':
        return idDecoding(TypeId.DATE, 'date', (input) => readDate(dialect, input))
      case 'any':
        return this.#dynamic
      case 'enum':
        return namedDecoding(type, enumReader(type))
      case 'struct':
        return this.#structDecoding(type)
      case 'list':
        return idDecoding(TypeId.LIST, 'list', listReader(this.element(type.element)))
      case 'set':
        return idDecoding(TypeId.SET, 'set', setReader(this.element(type.element)))
      case 'map':
        return idDecoding(TypeId.MAP, 'map', mapReader(this.element(type.key), this.element(type.value)))
      case 'record': {
        const key = elementDecoding(stringDecoding, nullThrower('a string key'), dialect)
        return idDecoding(TypeId.MAP, 'map', recordReader(key, this.element(type.value)))
      }
    }
  }

  element(declared: Type): ElementDecoding {
    const { type, optional } = unwrap(declared)
    const decoding = this.decoding(type)
    if (type.kind === 'any' && !optional) return this.#dynamic
    return elementDecoding(decoding, optional ? readUndefined : nullThrower(decoding.expected), this.#context.dialect)
  }

  #structDecoding(type: StructType): Decoding {
    const known = this.#structs.get(type)
    if (known !== undefined) return known
    // A struct that contains itself finds this object, whose `read` has been replaced by the real one when it is called.
    const decoding = { ...namedDecoding(type, (input) => decoding.read(input)) } as Decoding & { read: Read }
    this.#structs.set(type, decoding)
    try {
      const { hash, fields } = this.#context.layout(type)
      const names = type.fields.map((field) => field.name)
      const parts = { tag: type.tag, hash, names, fields: fields.map((field) => this.#field(field)) }
      const read = this.#context.generate ? generateStructReader(parts) : structReader(parts)
      Object.assign(decoding, namedDecoding(type, isRecursive(type) ? limitDepth(read) : read))
      return decoding
    } catch (error) {
      this.#structs.delete(type)
      throw error
    }
  }

  #field(field: LayoutField): FieldDecoding {
    const { name, optional } = field
    const { read, method } = this.#fieldDecoding(field)
    if (!optional) return { name, read, method }
    // The value of a `t.any` may also be null because its written type is null, after a flag that announces a value.
    return { name, read: (input) => (readFlag(input) ? (read(input) ?? undefined) : undefined), method: undefined }
  }

  /** The type info of a struct stands before it, even in a field that declares the struct. */
  #fieldDecoding({ type, optional }: LayoutField): Pick<Decoding, 'read' | 'method'> {
    const decoding = this.decoding(type)
    if (type.kind !== 'struct') return decoding
    const own = this.#context.named(type)
    const { dialect } = this.#context
    const readNull = optional
      ? readUndefined
      : nullThrower(`${decoding.expected}; a t.any takes null and has the same bytes`)
    const element = elementDecoding(decoding, readNull, dialect)
    return {
      read: (input) => (dialect.skipTypeInfo(input, own) ? decoding.read(input) : element.readType(input)(input)),
    }
  }
}

/** Returns the decoding of a type with an id of its own. */
function idDecoding(id: number, expected: string, read: Read): Decoding {
  return { expected, read, readerFor: readerForId(id, expected, read) }
}

/** Returns the decoding of a struct or enum. The names decide, whichever of the ids for named types is written. */
function namedDecoding(type: StructType | EnumType, read: Read): Decoding {
  const expected = `${type.kind} ${type.tag}`
  return {
    expected,
    read,
    readerFor: (input, written) =>
      isNamed(written.id) && written.namespace === type.namespace && written.name === type.name
        ? read
        : throwTypeMismatch(input, expected, written),
  }
}

function enumReader({ tag, entries, unknown }: EnumType): Read {
  return (input: ReadBuffer) => {
    const ordinal = input.var32()
    const entry = entries[ordinal]
    if (entry !== undefined) return entry.value
    return unknown ?? input.throwViolation(`member ${ordinal} of enum ${tag}, which has ${entries.length} here`)
  }
}

function readUndefined(): undefined {
  return undefined
}
