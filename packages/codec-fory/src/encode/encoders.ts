import type { EnumType, StructType, Type } from '@aster/rpc-core'
import { type BareType, enumMismatch, unwrap } from '@aster/rpc-core/schema'
import type { CodecContext } from '../layout/codec-context.ts'
import { isNumberType, numberFormat, type PayloadMethod } from '../layout/number-format.ts'
import { assertSerializable } from '../layout/serializable.ts'
import type { LayoutField } from '../layout/struct-layout.ts'
import { isRecursive } from '../names/reachable.ts'
import { prependSegment, throwInvalid } from '../wire/failure.ts'
import { Flag } from '../wire/flags.ts'
import { DynamicWriter } from './dynamic.ts'
import { type ElementEncoding, type Encoding, isNull, type Write, type WrittenEncoding } from './encoding.ts'
import { generateStructWriter } from './generate.ts'
import { listWriter, writtenListWriter } from './list.ts'
import { mapWriter, recordWriter } from './map.ts'
import { setWriter } from './set.ts'
import { type FieldEncoding, structWriter } from './struct.ts'
import { writeDate, writeTimestamp } from './time.ts'
import { uint64InContainer } from './uint64.ts'

/** The encoders of one codec. Creates each type's encoder once. */
export class Encoders {
  readonly #context: CodecContext
  readonly #structs = new WeakMap<StructType, Encoding>()
  readonly #checked = new WeakSet<Type>()
  readonly dynamic: DynamicWriter

  constructor(context: CodecContext) {
    this.#context = context
    this.dynamic = new DynamicWriter(context, (type) => this.#checkedWriter(type))
  }

  /**
   * Returns a `payloadWriter` for the type of a `Typed` value. The type has not been checked yet, since it is not a part of
   * the message's type.
   */
  #checkedWriter(type: StructType | EnumType): Write {
    if (!this.#checked.has(type)) {
      assertSerializable([type])
      this.#checked.add(type)
    }
    return this.payloadWriter(type)
  }

  /** Returns the writer of a struct or enum without its type info. */
  payloadWriter(type: StructType | EnumType): Write {
    return type.kind === 'struct' ? this.#structEncoding(type).write : enumWriter(type)
  }

  #encoding(type: BareType): Encoding {
    if (isNumberType(type)) return methodEncoding(type.kind === 'int' ? 'int' : numberFormat(type))
    switch (type.kind) {
      case 'string':
        return methodEncoding('string')
      case 'bytes':
        return methodEncoding('bytesValue')
      case 'timestamp':
        return { write: writeTimestamp }
      case 'date':
        return { write: (out, value) => writeDate(this.#context.dialect, out, value) }
      case 'any':
        return { write: this.dynamic.write }
      case 'enum':
        return { write: enumWriter(type) }
      case 'struct':
        return this.#structEncoding(type)
      case 'list':
        return { write: this.#listWriter(type.element, false) }
      case 'set':
        return { write: setWriter(this.#listWriter(type.element, true)) }
      case 'map':
        return { write: mapWriter(this.#element(type.key, true), this.#element(type.value)) }
      case 'record':
        return { write: recordWriter({ ...methodEncoding('string'), nullable: false }, this.#element(type.value)) }
    }
  }

  #listWriter(type: Type, hashable: boolean): Write {
    const element = this.#element(type, hashable)
    return element.written === undefined ? listWriter(element) : writtenListWriter(element, element.written)
  }

  #element(declared: Type, hashable = false): ElementEncoding {
    const { type, optional } = unwrap(declared)
    if (type.kind === 'any') return hashable ? this.dynamic.hashableElement : this.dynamic.element
    return { ...this.#encoding(type), nullable: optional, written: this.#writtenEncoding(type) }
  }

  /** Returns the encoding of a type whose class some containers write before it. */
  #writtenEncoding(type: BareType): WrittenEncoding | undefined {
    if (isNumberType(type)) return numberFormat(type) === 'uint64' ? uint64InContainer : undefined
    if (type.kind !== 'struct' || this.#context.dialect.structElements === 'declared') return undefined
    const { dialect } = this.#context
    const named = this.#context.named(type)
    const { write } = this.#fieldEncoding(type)
    const { write: writePayload } = this.#structEncoding(type)
    return {
      nullClass: undefined,
      classOf: () => named,
      writeClass: (out) => dialect.writeTypeInfo(out, named),
      writePayload,
      write,
    }
  }

  #structEncoding(type: StructType): Encoding {
    const known = this.#structs.get(type)
    if (known !== undefined) return known
    // A struct that contains itself finds this object, whose `write` has been replaced by the real one when it is called.
    const encoding: { write: Write } = { write: (out, value) => encoding.write(out, value) }
    this.#structs.set(type, encoding)
    try {
      const { hash, fields } = this.#context.layout(type)
      const parts = { tag: type.tag, hash, fields: fields.map((field) => this.#field(type, field)) }
      const write = this.#context.generate ? generateStructWriter(parts) : structWriter(parts)
      encoding.write = isRecursive(type) ? limitDepth(write) : write
      return encoding
    } catch (error) {
      this.#structs.delete(type)
      throw error
    }
  }

  #field(owner: StructType, { type, optional, name }: LayoutField): FieldEncoding {
    try {
      const { write, method } = this.#fieldEncoding(type)
      const source = owner.fields.find((field) => field.name === name)
      const zero = (): unknown => (source?.required === true ? throwMissing(owner) : source?.type.zero())
      return optional ? { name, write: optionalWriter(write), method: undefined, zero } : { name, write, method, zero }
    } catch (error) {
      throw prependSegment(error, name)
    }
  }

  /** The type info of a struct stands before it, even in a field that declares the struct. */
  #fieldEncoding(type: BareType): Encoding {
    const encoding = this.#encoding(type)
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

function methodEncoding(method: PayloadMethod): Encoding {
  return { write: (out, value) => out[method](value), method }
}

function enumWriter(type: EnumType): Write {
  return (out, value) => {
    const ordinal = type.ordinalOf(value)
    if (ordinal === undefined) throwInvalid(enumMismatch(type, value))
    out.var32(ordinal)
  }
}

function throwMissing({ tag }: StructType): never {
  throwInvalid(`missing in ${tag}`)
}

function optionalWriter(write: Write): Write {
  return (out, value) => {
    if (isNull(value)) return out.u8(Flag.NULL)
    out.u8(Flag.VALUE)
    write(out, value)
  }
}

/** Counts the levels of nesting for a writer of a struct that can contain itself. */
function limitDepth(write: Write): Write {
  return (out, value) => {
    out.enter()
    write(out, value)
    out.leave()
  }
}
