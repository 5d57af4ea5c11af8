import { setKey } from '@aster/rpc-core/schema'
import { prependSegment } from '../wire/failure.ts'
import { MapFlags } from '../wire/flags.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import type { ElementDecoding, Read } from './decoding.ts'
import { readFlag } from './flag.ts'
import { countValues } from '../wire/value-counter.ts'

export function mapReader(key: ElementDecoding, value: ElementDecoding): Read {
  const entries = new EntryReader(key, value, addToMap)
  return (input) => entries.read(input, new Map())
}

function addToMap(map: Map<unknown, unknown>, key: unknown, value: unknown): void {
  map.set(key, value)
}

export function recordReader(key: ElementDecoding, value: ElementDecoding): Read {
  const entries = new EntryReader(key, value, addToRecord)
  return (input) => entries.read(input, {})
}

function addToRecord(record: Record<string, unknown>, key: unknown, value: unknown): void {
  setKey(record, key as string, value)
}

/** Reads the entries of maps of one type into a `T`, chunk by chunk. */
export class EntryReader<T> {
  readonly #key: ElementDecoding
  readonly #value: ElementDecoding
  readonly #add: (target: T, key: unknown, value: unknown) => void

  constructor(key: ElementDecoding, value: ElementDecoding, add: (target: T, key: unknown, value: unknown) => void) {
    this.#key = key
    this.#value = value
    this.#add = add
  }

  read(input: ReadBuffer, target: T): T {
    let left = input.count('a map')
    countValues(input, 2 * left)
    while (left > 0) left -= this.#readChunk(input, left, target)
    return target
  }

  /** Reads a chunk. Returns the number of its entries. */
  #readChunk(input: ReadBuffer, left: number, target: T): number {
    const header = input.u8()
    if ((header & (MapFlags.KEY_NULL | MapFlags.VALUE_NULL)) !== 0) {
      this.#readNullEntry(input, header, target)
      return 1
    }
    const size = input.u8()
    if (size > left) input.throwDataLoss(`a chunk of ${size} entries, but only ${left} are left`)
    const key = this.#key
    const value = this.#value
    const readKey = (header & MapFlags.KEY_DECLARED) === 0 ? key.readType(input) : key.read
    const readValue = (header & MapFlags.VALUE_DECLARED) === 0 ? value.readType(input) : value.read
    for (let i = 0; i < size; i++) {
      const k = (header & MapFlags.KEY_TRACKED) === 0 || readFlag(input) ? readKey(input) : key.readNull(input)
      try {
        const v = (header & MapFlags.VALUE_TRACKED) === 0 || readFlag(input) ? readValue(input) : value.readNull(input)
        this.#add(target, k, v)
      } catch (error) {
        throw prependSegment(error, typeof k === 'number' ? k : String(k))
      }
    }
    return size
  }

  /** Reads an entry with a null, which is a chunk of its own without a size. */
  #readNullEntry(input: ReadBuffer, header: number, target: T): void {
    const k = readSide(input, header, this.#key)
    this.#add(target, k, readSide(input, header >> 3, this.#value))
  }
}

/**
 * Reads the key or the value of an entry with a null. A flag stands before a key or value that is tracked, or whose type is
 * written.
 */
function readSide(input: ReadBuffer, flags: number, side: ElementDecoding): unknown {
  if ((flags & MapFlags.KEY_NULL) !== 0) return side.readNull(input)
  const declared = (flags & MapFlags.KEY_DECLARED) !== 0
  if ((!declared || (flags & MapFlags.KEY_TRACKED) !== 0) && !readFlag(input)) return side.readNull(input)
  return (declared ? side.read : side.readType(input))(input)
}
