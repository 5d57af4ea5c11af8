import type { EnumType, StructType, Type } from '@aster/rpc-core'
import type { CodecContext } from '../layout/codec-context.ts'
import { mismatch, within } from '../wire/failure.ts'
import { numberFormat } from '../layout/number-format.ts'
import { isRecursive } from '../names/reachable.ts'
import { refuseUnsupported } from '../layout/serializable.ts'
import type { BareType, Slot } from '../slot.ts'
import { slotOf } from '../slot.ts'
import type { LayoutField } from '../layout/struct-layout.ts'
import { Flag } from '../names/type-id.ts'
import { DynamicWriter } from './dynamic.ts'
import { type Encoding, isNull, type Place, type Write, type WriteMethod, type WrittenPlace } from './encoding.ts'
import { generateStructWriter } from './generate.ts'
import { listWriter, writtenListWriter } from './list.ts'
import { mapWriter, recordWriter } from './map.ts'
import { setWriter } from './set.ts'
import { type FieldWriter, structWriter } from './struct.ts'
import { writeDate, writeTimestamp } from './time.ts'
import { uint64InContainer } from './uint64.ts'

/** The encoders of one codec, each type's made once. */
export class Encoders {
  readonly #context: CodecContext
  readonly #structs = new WeakMap<StructType, Encoding>()
  readonly #known = new WeakSet<Type>()
  readonly dynamic: DynamicWriter

  constructor(context: CodecContext) {
    this.#context = context
    this.dynamic = new DynamicWriter(context, (type) => this.#vetted(type))
  }

  /** The same for a type that came with a value, and not as a part of a message's type. */
  #vetted(type: StructType | EnumType): Write {
    if (!this.#known.has(type)) {
      refuseUnsupported([type])
      this.#known.add(type)
    }
    return this.payload(type)
  }

  /** Writes a struct or enum without what introduces it. */
  payload(type: StructType | EnumType): Write {
    return type.kind === 'struct' ? this.#struct(type).write : enumWriter(type)
  }

  #of(type: BareType): Encoding {
    const format = numberFormat(type)
    if (format !== undefined) return byMethod(type.kind === 'int' ? 'int' : format)
    switch (type.kind) {
      case 'string':
        return byMethod('string')
      case 'bytes':
        return byMethod('bytesValue')
      case 'timestamp':
        return { write: writeTimestamp }
      case 'date':
        return { write: (out, value) => writeDate(this.#context.dialect, out, value) }
      case 'any':
        return { write: this.dynamic.write }
      case 'enum':
        return { write: enumWriter(type) }
      case 'struct':
        return this.#struct(type)
      case 'list':
        return { write: this.#list(slotOf(type.element), false) }
      case 'set':
        return { write: setWriter(this.#list(slotOf(type.element), true)) }
      case 'map':
        return { write: mapWriter(this.#place(slotOf(type.key), true), this.#place(slotOf(type.value))) }
      case 'record':
        return { write: recordWriter({ ...byMethod('string'), nullable: false }, this.#place(slotOf(type.value))) }
      default:
        throw new TypeError(`no encoder for ${type.kind}`)
    }
  }

  #list(slot: Slot, hashable: boolean): Write {
    const element = this.#place(slot, hashable)
    return element.written === undefined ? listWriter(element) : writtenListWriter(element, element.written)
  }

  #place({ type, nullable }: Slot, hashable = false): Place {
    if (type.kind === 'any') return hashable ? this.dynamic.hashablePlace : this.dynamic.place
    return { ...this.#of(type), nullable, written: this.#written(type) }
  }

  /** For those types that are not taken for declared in every container. */
  #written(type: BareType): WrittenPlace | undefined {
    if (numberFormat(type) === 'uint64') return uint64InContainer
    if (type.kind !== 'struct' || this.#context.dialect.structElements === 'declared') return undefined
    const { dialect } = this.#context
    const named = this.#context.named(type)
    const { write } = this.#fieldEncoding({ type, nullable: false })
    const { write: writePayload } = this.#struct(type)
    return {
      nullClass: undefined,
      classOf: () => named,
      writeClass: (out) => dialect.writeTypeInfo(out, named),
      writePayload,
      write,
    }
  }

  #struct(type: StructType): Encoding {
    const known = this.#structs.get(type)
    if (known !== undefined) return known
    // A struct within itself finds this, and by the time it writes, the real one.
    const encoding: { write: Write } = { write: (out, value) => encoding.write(out, value) }
    this.#structs.set(type, encoding)
    try {
      const { hash, fields } = this.#context.layout(type)
      const shape = { tag: type.tag, hash, fields: fields.map((field) => this.#field(type, field)) }
      const write = this.#context.generate ? generateStructWriter(shape) : structWriter(shape)
      encoding.write = isRecursive(type) ? nested(write) : write
      return encoding
    } catch (error) {
      this.#structs.delete(type)
      throw error
    }
  }

  #field(owner: StructType, field: LayoutField): FieldWriter {
    try {
      const { write, method } = this.#fieldEncoding(field)
      const source = owner.fields.find(({ name }) => name === field.name)
      const zero = (): unknown => source?.type.zero()
      return field.nullable
        ? { name: field.name, write: optionalWriter(write), method: undefined, zero }
        : { name: field.name, write, method, zero }
    } catch (error) {
      throw within(error, field.name)
    }
  }

  #fieldEncoding({ type }: Slot): Encoding {
    const encoding = this.#of(type)
    if (type.kind !== 'struct') return encoding
    const named = this.#context.named(type)
    const { dialect } = this.#context
    return {
      write(out, value) {
        dialect.writeTypeInfo(out, named)
        encoding.write(out, value)
      },
    }
  }
}

function byMethod(method: WriteMethod): Encoding {
  return { write: (out, value) => out[method](value), method }
}

function enumWriter(type: EnumType): Write {
  return (out, value) => {
    const ordinal = type.ordinalOf(value)
    if (ordinal === undefined)
      mismatch(`one of ${type.entries.map((entry) => JSON.stringify(entry.value)).join(', ')}`, value)
    out.var32(ordinal)
  }
}

function optionalWriter(write: Write): Write {
  return (out, value) => {
    if (isNull(value)) return out.u8(Flag.NULL)
    out.u8(Flag.VALUE)
    write(out, value)
  }
}

/** Counts the levels of a struct that can contain itself. */
function nested(write: Write): Write {
  return (out, value) => {
    out.enter()
    write(out, value)
    out.leave()
  }
}
