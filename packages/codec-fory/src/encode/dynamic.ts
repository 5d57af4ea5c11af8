import { check, type EnumType, type StructType, Timestamp } from '@aster/rpc-core'
import { isBytes, isDate, isMap, isPlainObject, isSet, unwrap } from '@aster/rpc-core/schema'
import type { NumberArray } from '../layout/array-kind.ts'
import type { CodecContext } from '../layout/codec-context.ts'
import { unwrapOrFail } from '../layout/serializable.ts'
import { TypeId } from '../names/type-id.ts'
import { Typed } from '../typed.ts'
import { throwInvalid, throwMismatch } from '../wire/failure.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'
import { arrayTypeId, writeArray } from './array.ts'
import { type ElementEncoding, isNull, type ValueClass, type Write, type WrittenEncoding } from './encoding.ts'
import { writtenListWriter } from './list.ts'
import { mapWriter, recordWriter } from './map.ts'
import { setWriter } from './set.ts'
import { writeDate, writeTimestamp } from './time.ts'
import { toDynamic } from './to-dynamic.ts'
import { isUpperHalf } from './uint64.ts'

/** Writes values without a declared type. The class of each value decides how it is written. */
export class DynamicWriter implements WrittenEncoding {
  readonly #context: CodecContext
  readonly #payloadWriter: (type: StructType | EnumType) => Write
  readonly nullClass = TypeId.NULL
  /** An element without a declared type. */
  readonly element: ElementEncoding
  /**
   * A key, or an element of a set, without a declared type. Only hashable values are accepted (quirk 34 of
   * docs/python-0.1.md).
   */
  readonly hashableElement: ElementEncoding
  readonly #list: Write
  readonly #set: Write
  readonly #map: Write
  readonly #record: Write

  constructor(context: CodecContext, payloadWriter: (type: StructType | EnumType) => Write) {
    this.#context = context
    this.#payloadWriter = payloadWriter
    this.element = { write: this.write, nullable: true, written: this }
    const hashable: WrittenEncoding = {
      nullClass: this.nullClass,
      write: this.write,
      classOf: (value) => this.#hashableClassOf(value),
      writeClass: (out, found) => this.writeClass(out, found),
      writePayload: (out, value) => this.writePayload(out, value),
    }
    this.hashableElement = { write: this.write, nullable: true, written: hashable }
    this.#list = writtenListWriter(this.element, this)
    this.#set = setWriter(writtenListWriter(this.hashableElement, hashable))
    this.#map = mapWriter(this.hashableElement, this.element)
    this.#record = recordWriter(this.hashableElement, this.element)
  }

  /** Writes type info and payload. */
  readonly write: Write = (out, given) => {
    const value = normalize(given)
    const found = this.classOf(value)
    this.writeClass(out, found)
    this.writePayload(out, value)
  }

  writeClass(out: WriteBuffer, found: ValueClass): void {
    if (typeof found === 'number') out.u8(found)
    else this.#context.dialect.writeTypeInfo(out, found)
  }

  classOf(given: unknown): ValueClass {
    const value = normalize(given)
    switch (typeof value) {
      case 'string':
        return TypeId.STRING
      case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0) ? TypeId.INT64 : TypeId.FLOAT64
      case 'boolean':
        return TypeId.BOOL
      case 'bigint':
        return isUpperHalf(value) ? TypeId.FIXED_UINT64 : TypeId.INT64
      case 'undefined':
        return TypeId.NULL
      case 'object':
        return value === null ? TypeId.NULL : this.#classOfObject(value)
      default:
        return throwMismatch('a value that Python knows', value)
    }
  }

  #classOfObject(value: object): ValueClass {
    if (Array.isArray(value)) return TypeId.LIST
    // Most values are plain objects, and no plain object is an instance of a class below.
    if (isPlainObject(value)) return TypeId.MAP
    if (value instanceof Typed) {
      const { type } = unwrap(value.type)
      if (type.kind === 'struct' || type.kind === 'enum') return this.#context.named(type)
      return type.kind === 'date' ? TypeId.DATE : TypeId.FLOAT64
    }
    if (isBytes(value)) return TypeId.BYTES
    if (value instanceof Timestamp || isDate(value)) return TypeId.TIMESTAMP
    if (isSet(value)) return TypeId.SET
    if (isMap(value)) return TypeId.MAP
    return arrayTypeId(value) ?? throwMismatch('a value that Python knows; for a struct use typed(Type, value)', value)
  }

  writePayload(out: WriteBuffer, given: unknown): void {
    const value = normalize(given)
    switch (typeof value) {
      case 'string':
        return out.string(value)
      case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0) ? out.int(value) : out.float64(value)
      case 'boolean':
        return out.bool(value)
      case 'bigint':
        return isUpperHalf(value) ? out.fixedUint64(value) : out.int64(value)
      case 'object':
        if (value === null) return
        out.enter()
        this.#writeObject(out, value)
        return out.leave()
      default:
    }
  }

  #writeObject(out: WriteBuffer, value: object): void {
    if (Array.isArray(value)) return this.#list(out, value)
    if (isPlainObject(value)) return this.#record(out, value)
    if (value instanceof Typed) return this.#writeTyped(out, value)
    if (isBytes(value)) return out.bytesValue(value)
    if (value instanceof Timestamp || isDate(value)) return writeTimestamp(out, value)
    if (isSet(value)) return this.#set(out, value)
    if (isMap(value)) return this.#map(out, value)
    writeArray(out, value as NumberArray)
  }

  #writeTyped(out: WriteBuffer, { type, value }: Typed): void {
    const bare = unwrap(type).type
    if (bare.kind === 'struct' || bare.kind === 'enum') this.#payloadWriter(bare)(out, value)
    else if (bare.kind === 'date') writeDate(this.#context.dialect, out, value)
    else out.float64(value)
  }

  /**
   * Returns the class of a key, or of an element of a set.
   *
   * @throws Failure if the value is not hashable (quirk 34 of docs/python-0.1.md)
   */
  #hashableClassOf(value: unknown): ValueClass {
    const found = this.classOf(value)
    const mutable =
      typeof found === 'number'
        ? found === TypeId.LIST || found === TypeId.SET || found === TypeId.MAP || found >= TypeId.INT8_ARRAY
        : found.typeId === TypeId.NAMED_STRUCT
    if (mutable)
      throwInvalid("expected what Python can hash, as a key or a set's element must be: no container and no struct")
    return found
  }
}

/** Returns a value in the form in which it is written: a `Typed` is kept only if its type is written with it. */
function normalize(value: unknown): unknown {
  if (!(value instanceof Typed)) return value
  if (isNull(value.value)) throwInvalid('expected a value in a Typed, found nothing; null stands for itself')
  switch (unwrapOrFail(value.type).type.kind) {
    case 'struct':
    case 'enum':
    case 'date':
    case 'float64':
      return value
    default:
      // `toDynamic` converts the values of every other kind.
      return toDynamic(value.type, check(value.type, value.value))
  }
}
