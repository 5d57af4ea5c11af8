import { type EnumType, type StructType, t } from '@aster/rpc-core'
import { setKey } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import type { Reader } from '../wire/read-buffer.ts'
import { isNamed, TypeId } from '../names/type-id.ts'
import { Typed } from '../typed.ts'
import { arrayReader } from './array.ts'
import { type Place, type Read, type Written, writtenName } from './decoding.ts'
import { listReader, setReader } from './list.ts'
import { readEntries } from './map.ts'
import { numberMethod } from './number.ts'
import { readDate, readTimestamp } from './time.ts'
import { readTypeInfo } from '../names/type-info.ts'

/** What stands in a place without a declared type. */
export function dynamicPlace(dialect: Dialect, payloadOf: (type: StructType | EnumType) => Read): Place {
  const as = (input: Reader, written: Written): Read => {
    if (isNamed(written.id)) return named(input, written)
    return readers.get(written.id) ?? input.broken(`no value can be of ${writtenName(written)}`)
  }
  const place: Place = {
    expected: 'any value',
    read: (input) => as(input, readTypeInfo(input))(input),
    readNull: () => null,
    as,
  }

  const named = (input: Reader, written: Written): Read => {
    const type = input.known?.find(written.namespace, written.name)
    if (type === undefined) {
      input.violation(`no type is tagged '${writtenName(written)}' here; pass it in the codec's option \`types\``)
    }
    const payload = payloadOf(type)
    return nested((from) => new Typed(type, payload(from)))
  }

  const list = listReader(place)
  const set = setReader(place)
  const readers = new Map<number, Read>([
    [TypeId.BOOL, (input) => input.bool()],
    [TypeId.STRING, (input) => input.string()],
    [TypeId.BYTES, (input) => input.bytesValue()],
    [TypeId.NULL, () => null],
    [TypeId.TIMESTAMP, readTimestamp],
    [TypeId.DATE, (input) => new Typed(t.date, readDate(dialect, input))],
    [TypeId.LIST, nested(list)],
    [TypeId.SET, nested(set)],
    [TypeId.MAP, nested((input) => readDict(input, place))],
  ])
  for (let id = 0; id < 256; id++) {
    const method = numberMethod(id)
    const read =
      method === undefined ? arrayReader(id) : (input: Reader) => plainNumber(input[method]() as number | bigint)
    if (read !== undefined) readers.set(id, read)
  }
  return place
}

/** A dict with nothing but string keys is a plain object, every other one a `Map`. */
function readDict(input: Reader, place: Place): unknown {
  const entries: [unknown, unknown][] = []
  let plain = true
  readEntries(input, place, place, (key, value) => {
    plain &&= typeof key === 'string'
    entries.push([key, value])
  })
  if (!plain) return new Map(entries)
  const object: Record<string, unknown> = {}
  for (const [key, value] of entries) setKey(object, key as string, value)
  return object
}

/** A `number` wherever one holds the value exactly. */
function plainNumber(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function nested(read: Read): Read {
  return (input) => {
    input.enter()
    const value = read(input)
    input.leave()
    return value
  }
}
