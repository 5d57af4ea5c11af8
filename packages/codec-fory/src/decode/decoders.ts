import type { EnumType, StructType } from '@aster/rpc-core'
import type { CodecContext } from '../layout/codec-context.ts'
import { numberFormat } from '../layout/number-format.ts'
import { isRecursive } from '../names/reachable.ts'
import type { Reader } from '../wire/read-buffer.ts'
import { type BareType, type Slot, slotOf } from '../slot.ts'
import { isNamed, TypeId } from '../names/type-id.ts'
import { type Decoding, differs, only, type Place, type Read } from './decoding.ts'
import { dynamicPlace } from './dynamic.ts'
import { readFlag } from './flag.ts'
import { generateStructReader } from './generate.ts'
import { listReader, setReader } from './list.ts'
import { mapReader, recordReader } from './map.ts'
import { numberDecoding } from './number.ts'
import { type FieldReader, structReader } from './struct.ts'
import { readDate, readTimestamp } from './time.ts'
import { isNullType, readTypeInfo } from '../names/type-info.ts'

/** The decoders of one codec, each type's made once. */
export class Decoders {
  readonly #context: CodecContext
  readonly #structs = new WeakMap<StructType, Decoding>()
  readonly #dynamic: Place

  constructor(context: CodecContext) {
    this.#context = context
    this.#dynamic = dynamicPlace(context.dialect, (type) => this.of(type).read)
  }

  of(type: BareType): Decoding {
    const format = numberFormat(type)
    if (format !== undefined) return numberDecoding(type, format)
    const { dialect } = this.#context
    switch (type.kind) {
      case 'string':
        return { ...simple(TypeId.STRING, 'string', (input) => input.string()), method: 'string' }
      case 'bytes':
        return { ...simple(TypeId.BYTES, 'bytes', (input) => input.bytesValue()), method: 'bytesValue' }
      case 'timestamp':
        return simple(TypeId.TIMESTAMP, 'timestamp', readTimestamp)
      case 'date':
        return simple(TypeId.DATE, 'date', (input) => readDate(dialect, input))
      case 'any':
        return this.#dynamic
      case 'enum':
        return named(type, enumReader(type))
      case 'struct':
        return this.#struct(type)
      case 'list':
        return simple(TypeId.LIST, 'list', listReader(this.place(slotOf(type.element))))
      case 'set':
        return simple(TypeId.SET, 'set', setReader(this.place(slotOf(type.element))))
      case 'map':
        return simple(TypeId.MAP, 'map', mapReader(this.place(slotOf(type.key)), this.place(slotOf(type.value))))
      case 'record': {
        const key = {
          ...simple(TypeId.STRING, 'string', (input) => input.string()),
          readNull: refuseNull('a string key'),
        }
        return simple(TypeId.MAP, 'map', recordReader(key, this.place(slotOf(type.value))))
      }
      default:
        throw new TypeError(`no decoder for ${type.kind}`)
    }
  }

  place({ type, nullable }: Slot): Place {
    const decoding = this.of(type)
    if (type.kind === 'any' && !nullable) return this.#dynamic
    return { ...decoding, readNull: nullable ? () => undefined : refuseNull(decoding.expected) }
  }

  #struct(type: StructType): Decoding {
    const known = this.#structs.get(type)
    if (known !== undefined) return known
    // A struct within itself finds this, and by the time it reads, the real one.
    const decoding = { ...named(type, (input) => decoding.read(input)) } as Decoding & {
      read: Read
      as: Decoding['as']
    }
    this.#structs.set(type, decoding)
    try {
      const { hash, fields } = this.#context.layout(type)
      const names = type.fields.map((field) => field.name)
      const shape = { tag: type.tag, hash, names, fields: fields.map((field) => this.#field(field.name, field)) }
      const read = this.#context.generate ? generateStructReader(shape) : structReader(shape)
      Object.assign(decoding, named(type, isRecursive(type) ? nested(read) : read))
      return decoding
    } catch (error) {
      this.#structs.delete(type)
      throw error
    }
  }

  #field(name: string, slot: Slot): FieldReader {
    const { read, method } = this.#fieldDecoding(slot)
    if (!slot.nullable) return { name, read, method }
    // A t.any may say null by its type as well.
    return { name, read: (input) => (readFlag(input) ? (read(input) ?? undefined) : undefined), method: undefined }
  }

  #fieldDecoding({ type, nullable }: Slot): Pick<Decoding, 'read' | 'method'> {
    const decoding = this.of(type)
    if (type.kind !== 'struct') return decoding
    const own = this.#context.named(type)
    const { dialect } = this.#context
    return {
      read(input) {
        if (dialect.skipTypeInfo(input, own)) return decoding.read(input)
        const written = readTypeInfo(input)
        if (!isNullType(written)) return decoding.as(input, written)(input)
        return nullable
          ? undefined
          : refuseNull(`${decoding.expected}; a t.any takes null and has the same bytes`)(input)
      },
    }
  }
}

function simple(id: number, expected: string, read: Read): Decoding {
  return { expected, read, as: only(id, expected, read) }
}

/** Which of the ids for named types is written does not matter: the names decide. */
function named(type: StructType | EnumType, read: Read): Decoding {
  const expected = `${type.kind} ${type.tag}`
  return {
    expected,
    read,
    as: (input, written) =>
      isNamed(written.id) && written.namespace === type.namespace && written.name === type.name
        ? read
        : differs(input, expected, written),
  }
}

function enumReader(type: EnumType): Read {
  return (input: Reader) => {
    const ordinal = input.var32()
    const entry = type.entries[ordinal]
    if (entry === undefined)
      input.violation(`member ${ordinal} of enum ${type.tag}, which has ${type.entries.length} here`)
    return entry.value
  }
}

function refuseNull(expected: string) {
  return (input: Reader): never => input.violation(`expected ${expected}, found null`)
}

function nested(read: Read): Read {
  return (input) => {
    input.enter()
    const value = read(input)
    input.leave()
    return value
  }
}
