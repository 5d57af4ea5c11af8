import { type EnumType, type StructType, t } from '@aster/rpc-core'
import { setKey } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import { isNamed, TypeId } from '../names/type-id.ts'
import { type WrittenType, writtenTypeName } from '../names/type-info.ts'
import { Typed } from '../typed.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import { arrayReader } from './array.ts'
import { type ElementDecoding, limitDepth, type Read } from './decoding.ts'
import { listReader, setReader } from './list.ts'
import { EntryReader } from './map.ts'
import { writtenNumberFormat } from './number.ts'
import { readDate, readTimestamp } from './time.ts'

/** Returns the decoding of values without a declared type, which are read by the type that is written before them. */
export function dynamicDecoding(
  dialect: Dialect,
  payloadReader: (type: StructType | EnumType) => Read,
): ElementDecoding {
  const readerFor = (input: ReadBuffer, written: WrittenType): Read => {
    if (isNamed(written.id)) return namedReader(input, written)
    return readers.get(written.id) ?? input.throwDataLoss(`a value cannot be of ${writtenTypeName(written)}`)
  }
  const readType = (input: ReadBuffer): Read => readerFor(input, dialect.readTypeInfo(input))
  const element: ElementDecoding = {
    expected: 'any value',
    read: (input) => readType(input)(input),
    readNull: () => null,
    readType,
    readerFor,
  }

  const namedReader = (input: ReadBuffer, written: WrittenType): Read => {
    const type = input.known?.find(written.namespace, written.name)
    if (type === undefined) {
      input.throwViolation(
        `no type is tagged '${writtenTypeName(written)}' here; pass it in the codec's option \`types\``,
      )
    }
    const read = payloadReader(type)
    return limitDepth((from) => new Typed(type, read(from)))
  }

  const readers = new Map<number, Read>([
    [TypeId.BOOL, (input) => input.bool()],
    [TypeId.STRING, (input) => input.string()],
    [TypeId.BYTES, (input) => input.bytesValue()],
    [TypeId.NULL, () => null],
    [TypeId.TIMESTAMP, readTimestamp],
    [TypeId.DATE, (input) => new Typed(t.date, readDate(dialect, input))],
    [TypeId.LIST, limitDepth(listReader(element))],
    [TypeId.SET, limitDepth(setReader(element))],
    [TypeId.MAP, limitDepth(dictReader(element))],
  ])
  for (let id = 0; id < 256; id++) {
    const format = writtenNumberFormat(id)
    const read =
      format === undefined ? arrayReader(id) : (input: ReadBuffer) => plainNumber(input[format]() as number | bigint)
    if (read !== undefined) readers.set(id, read)
  }
  return element
}

/** The entries of a dict, which becomes an object or a `Map` when all of them are read. */
interface Entries {
  readonly keys: unknown[]
  readonly values: unknown[]
  /** Whether a key is not a string. */
  isMap: boolean
}

function addEntry(entries: Entries, key: unknown, value: unknown): void {
  entries.keys.push(key)
  entries.values.push(value)
  if (typeof key !== 'string') entries.isMap = true
}

/** Returns a reader of dicts. If all keys are strings, the result is a plain object, otherwise a `Map`. */
function dictReader(element: ElementDecoding): Read {
  const reader = new EntryReader<Entries>(element, element, addEntry)
  return (input) => {
    const { keys, values, isMap } = reader.read(input, { keys: [], values: [], isMap: false })
    if (isMap) {
      const map = new Map<unknown, unknown>()
      for (let i = 0; i < keys.length; i++) map.set(keys[i], values[i])
      return map
    }
    const object: Record<string, unknown> = {}
    for (let i = 0; i < keys.length; i++) setKey(object, keys[i] as string, values[i])
    return object
  }
}

/** Returns a `number` if one holds the value exactly, otherwise the bigint. */
function plainNumber(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}
