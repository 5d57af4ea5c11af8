import { setKey } from '@aster/rpc-core/schema'
import { MapFlags } from '../encode/map.ts'
import { within } from '../wire/failure.ts'
import type { Reader } from '../wire/read-buffer.ts'
import type { Place, Read } from './decoding.ts'
import { readFlag } from './flag.ts'
import { isNullType, readTypeInfo } from '../names/type-info.ts'

export type AddEntry = (key: unknown, value: unknown) => void

export function mapReader(key: Place, value: Place): Read {
  return (input) => {
    const map = new Map<unknown, unknown>()
    readEntries(input, key, value, (k, v) => map.set(k, v))
    return map
  }
}

/** Chunks until all entries are there. */
export function readEntries(input: Reader, key: Place, value: Place, add: AddEntry): void {
  input.table()
  let left = input.count('a map')
  while (left > 0) {
    const header = input.u8()
    if ((header & (MapFlags.KEY_NULL | MapFlags.VALUE_NULL)) === 0) {
      const size = input.u8()
      if (size > left) input.broken(`a chunk of ${size} entries where ${left} are left`)
      readChunk(input, header, size, key, value, add)
      left -= size
    } else {
      readNullEntry(input, header, key, value, add)
      left--
    }
  }
}

function readChunk(input: Reader, header: number, size: number, key: Place, value: Place, add: AddEntry): void {
  const readKey = (header & MapFlags.KEY_DECLARED) === 0 ? writtenReader(input, key) : key.read
  const readValue = (header & MapFlags.VALUE_DECLARED) === 0 ? writtenReader(input, value) : value.read
  for (let i = 0; i < size; i++) {
    const k = (header & MapFlags.KEY_TRACKED) === 0 || readFlag(input) ? readKey(input) : key.readNull(input)
    try {
      add(k, (header & MapFlags.VALUE_TRACKED) === 0 || readFlag(input) ? readValue(input) : value.readNull(input))
    } catch (error) {
      throw within(error, typeof k === 'number' ? k : String(k))
    }
  }
}

/** One entry; what is not null has a flag before it if it is tracked or its type is written. */
function readNullEntry(input: Reader, header: number, key: Place, value: Place, add: AddEntry): void {
  const k = readSide(input, header, key)
  add(k, readSide(input, header >> 3, value))
}

function readSide(input: Reader, flags: number, place: Place): unknown {
  if ((flags & MapFlags.KEY_NULL) !== 0) return place.readNull(input)
  const declared = (flags & MapFlags.KEY_DECLARED) !== 0
  if ((!declared || (flags & MapFlags.KEY_TRACKED) !== 0) && !readFlag(input)) return place.readNull(input)
  return (declared ? place.read : writtenReader(input, place))(input)
}

function writtenReader(input: Reader, place: Place): Read {
  const written = readTypeInfo(input)
  return isNullType(written) ? place.readNull : place.as(input, written)
}

export function recordReader(key: Place, value: Place): Read {
  return (input) => {
    const record: Record<string, unknown> = {}
    readEntries(input, key, value, (k, v) => setKey(record, k as string, v))
    return record
  }
}
