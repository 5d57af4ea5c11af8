import type { BareType } from '../slot.ts'
import { formatId, type NumberFormat } from '../layout/number-format.ts'
import type { Reader } from '../wire/read-buffer.ts'
import { TypeId } from '../names/type-id.ts'
import { type Decoding, differs, type Read, type ReadMethod } from './decoding.ts'

const methods: Readonly<Record<NumberFormat, ReadMethod>> = {
  bool: 'bool',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'u8',
  uint16: 'u16',
  uint32: 'var32',
  uint64: 'uint64',
  fixedInt32: 'i32',
  fixedInt64: 'fixedInt64',
  taggedInt64: 'taggedInt64',
  fixedUint32: 'fixedUint32',
  fixedUint64: 'fixedUint64',
  taggedUint64: 'taggedUint64',
  float32: 'float32',
  float64: 'float64',
}

const methodOfId = new Map<number, ReadMethod>(
  (Object.keys(methods) as NumberFormat[]).map((format) => [formatId[format], methods[format]]),
)

/** How a number of a written type is read: a `number`, or a `bigint` from 64 bits on; `undefined` for what is no number. */
export function numberMethod(id: number): ReadMethod | undefined {
  return id === TypeId.BOOL ? undefined : methodOfId.get(id)
}

export function numberDecoding(type: BareType, format: NumberFormat): Decoding {
  const method = type.kind === 'int' ? 'int' : methods[format]
  const expected = type.kind
  return {
    expected,
    method,
    read: (input) => input[method](),
    as(input, written) {
      if (written.id === formatId[format]) return (from) => from[method]()
      const other = format === 'bool' ? undefined : numberMethod(written.id)
      if (other === undefined) differs(input, expected, written)
      return converted(type, other)
    },
  }
}

/** Python has one int and one float, so a peer may write the numbers of a container in any width. */
function converted(type: BareType, method: ReadMethod): Read {
  return (input) => {
    const value = input[method]() as number | bigint
    switch (type.kind) {
      case 'float32':
      case 'float64':
        return Number(value)
      case 'int64':
      case 'uint64':
        return inRange(input, type, typeof value === 'bigint' ? value : wholeBigint(input, value))
      case 'int':
      case 'int8':
      case 'int16':
      case 'int32':
      case 'uint8':
      case 'uint16':
      case 'uint32':
        return inRange(input, type, Number(value))
      default:
        return value
    }
  }
}

function wholeBigint(input: Reader, value: number): bigint {
  return Number.isInteger(value) ? BigInt(value) : input.violation(`expected an integer, found the number ${value}`)
}

function inRange<N extends number | bigint>(input: Reader, type: { kind: string; min: N; max: N }, value: N): N {
  const whole = typeof value === 'bigint' || Number.isInteger(value)
  if (!whole || value < type.min || value > type.max) input.violation(`expected ${type.kind}, found ${value}`)
  return value
}
