import { isMap, isPlainObject } from '@aster/rpc-core/schema'
import { prependSegment, throwMismatch } from '../wire/failure.ts'
import { Flag, MapFlags } from '../wire/flags.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'
import { type ElementEncoding, isNull, type ValueClass, type Write } from './encoding.ts'
import { countValues } from '../wire/value-counter.ts'

/** The most entries in one chunk of a map, whose count is one byte. */
const MAX_CHUNK = 255

export function mapWriter(key: ElementEncoding, value: ElementEncoding): Write {
  return (out, map) => {
    if (!isMap(map)) throwMismatch('a Map', map)
    const entries = new EntryWriter(out, key, value)
    countValues(out, 2 * map.size)
    out.var32(map.size)
    for (const [k, v] of map) entries.add(k, v)
  }
}

export function recordWriter(key: ElementEncoding, value: ElementEncoding): Write {
  return (out, record) => {
    if (!isPlainObject(record)) throwMismatch('a plain object', record)
    const entries = new EntryWriter(out, key, value)
    const keys = Object.keys(record)
    countValues(out, 2 * keys.length)
    out.var32(keys.length)
    for (const k of keys) entries.add(k, record[k])
  }
}

/**
 * Writes entries in chunks of at most 255: one chunk for each run of entries whose keys have one type, and whose values
 * have one type.
 */
class EntryWriter {
  readonly #out: WriteBuffer
  readonly #key: ElementEncoding
  readonly #value: ElementEncoding
  // After a type was written, it is written again in every later chunk (quirk 38 of docs/python-0.1.md).
  #keyClass: ValueClass | undefined
  #valueClass: ValueClass | undefined
  /** The place of the size of the open chunk, which is incremented for each entry. */
  #sizeAt = 0
  #size = MAX_CHUNK

  constructor(out: WriteBuffer, key: ElementEncoding, value: ElementEncoding) {
    this.#out = out
    this.#key = key
    this.#value = value
  }

  add(k: unknown, v: unknown): void {
    try {
      if (isNull(k) || isNull(v)) return this.#addNull(k, v)
      const keyClass = this.#key.written?.classOf(k) ?? this.#keyClass
      const valueClass = this.#value.written?.classOf(v) ?? this.#valueClass
      if (this.#size === MAX_CHUNK || keyClass !== this.#keyClass || valueClass !== this.#valueClass)
        this.#open(keyClass, valueClass)
      this.#out.setAt(this.#sizeAt, ++this.#size)
      this.#writePayload(this.#key, keyClass, k)
      this.#writePayload(this.#value, valueClass, v)
    } catch (error) {
      throw prependSegment(error, typeof k === 'number' ? k : String(k))
    }
  }

  #open(keyClass: ValueClass | undefined, valueClass: ValueClass | undefined): void {
    const out = this.#out
    out.u8(
      (keyClass === undefined ? MapFlags.KEY_DECLARED : 0) | (valueClass === undefined ? MapFlags.VALUE_DECLARED : 0),
    )
    this.#sizeAt = out.mark()
    out.u8(0)
    if (keyClass !== undefined) this.#key.written?.writeClass(out, keyClass)
    if (valueClass !== undefined) this.#value.written?.writeClass(out, valueClass)
    this.#keyClass = keyClass
    this.#valueClass = valueClass
    this.#size = 0
  }

  /** Writes an entry with a null, which is a chunk of its own without a size. */
  #addNull(k: unknown, v: unknown): void {
    const keyClass = isNull(k) ? undefined : (this.#key.written?.classOf(k) ?? this.#keyClass)
    const valueClass = isNull(v) ? undefined : (this.#value.written?.classOf(v) ?? this.#valueClass)
    const keyPart = isNull(k)
      ? MapFlags.KEY_NULL
      : keyClass === undefined
        ? MapFlags.KEY_DECLARED
        : MapFlags.KEY_TRACKED
    const valuePart = isNull(v)
      ? MapFlags.VALUE_NULL
      : valueClass === undefined
        ? MapFlags.VALUE_DECLARED
        : MapFlags.VALUE_TRACKED
    this.#out.u8(keyPart | valuePart)
    this.#writeSide(this.#key, keyClass, k)
    this.#writeSide(this.#value, valueClass, v)
    this.#keyClass = keyClass ?? this.#keyClass
    this.#valueClass = valueClass ?? this.#valueClass
    this.#size = MAX_CHUNK
  }

  /** Writes the key or the value of an entry with a null. */
  #writeSide(side: ElementEncoding, found: ValueClass | undefined, item: unknown): void {
    if (isNull(item)) {
      if (!side.nullable) throwMismatch('a key or value', item)
      return
    }
    if (found !== undefined) {
      this.#out.u8(Flag.VALUE)
      side.written?.writeClass(this.#out, found)
    }
    this.#writePayload(side, found, item)
  }

  #writePayload(side: ElementEncoding, found: ValueClass | undefined, item: unknown): void {
    if (found === undefined) side.write(this.#out, item)
    else side.written?.writePayload(this.#out, item)
  }
}
