import { formatId, type NumberFormat, numberFormat, type NumberType } from '../layout/number-format.ts'
import { TypeId } from '../names/type-id.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import { type Decoding, type Read, throwTypeMismatch } from './decoding.ts'

const formatOfId = new Map<number, NumberFormat>(
  (Object.keys(formatId) as NumberFormat[]).map((format) => [formatId[format], format]),
)

/** Returns the format of a written number type, or `undefined` for every other type, booleans included. */
export function writtenNumberFormat(id: number): NumberFormat | undefined {
  return id === TypeId.BOOL ? undefined : formatOfId.get(id)
}

export function numberDecoding(type: NumberType): Decoding {
  const format = numberFormat(type)
  const method = type.kind === 'int' ? 'int' : format
  const expected = type.kind
  return {
    expected,
    method,
    read: (input) => input[method](),
    readerFor(input, written) {
      if (written.id === formatId[format]) return (from) => from[method]()
      const other = format === 'bool' ? undefined : writtenNumberFormat(written.id)
      if (other === undefined) throwTypeMismatch(input, expected, written)
      return convertingReader(type, other)
    },
  }
}

/** Returns a reader for numbers of a container, which a peer may write in any width (quirk 36 of docs/python-0.1.md). */
function convertingReader(type: NumberType, written: NumberFormat): Read {
  return (input): number | bigint => {
    const value = input[written]() as number | bigint
    switch (type.kind) {
      case 'float32':
      case 'float64':
        return Number(value)
      case 'int64':
      case 'uint64':
        return assertRange(input, type, typeof value === 'bigint' ? value : toBigint(input, value))
      case 'int':
      case 'int8':
      case 'int16':
      case 'int32':
      case 'uint8':
      case 'uint16':
      case 'uint32':
        return assertRange(input, type, Number(value))
      case 'bool':
        return value
    }
  }
}

function toBigint(input: ReadBuffer, value: number): bigint {
  return Number.isInteger(value)
    ? BigInt(value)
    : input.throwViolation(`expected an integer, found the number ${value}`)
}

/**
 * Returns the value.
 *
 * @throws Failure if the value is not an integer, or is out of range
 */
function assertRange<N extends number | bigint>(
  input: ReadBuffer,
  type: { kind: string; min: N; max: N },
  value: N,
): N {
  const whole = typeof value === 'bigint' || Number.isInteger(value)
  if (!whole || value < type.min || value > type.max) input.throwViolation(`expected ${type.kind}, found ${value}`)
  return value
}
