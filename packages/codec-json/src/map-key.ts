import { type EnumType, RpcError, StatusCode, Timestamp, type Type } from '@aster/rpc-core'
import { enumMismatch, isIntegerType, type WireType, wireType } from '@aster/rpc-core/schema'
import { numberText, parseNumberText } from './number-text.ts'
import { isoText } from './iso-text.ts'

/**
 * Converts the keys of a `t.map` to strings, since JSON has no other keys, and back. Callers check
 * that a key fits the type of the map, before `format` and after `parse`.
 */
export interface KeyText {
  /** Returns a key as a string, or `undefined` if the key cannot be a string. */
  format(key: unknown): string | undefined
  /** Returns the key of a string, or `undefined` for a string that `format` does not return. */
  parse(text: string): unknown
  /** Returns the message of the error for a string that is not a key of the map's type. */
  mismatch(text: string): string
  /** Whether a key that `parse` returns needs no check. */
  readonly complete: boolean
}

type Plain = Pick<KeyText, 'format' | 'parse'>

const string: Plain = { format: String, parse: (text) => text }
const bool: Plain = {
  format: String,
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}
const integer: Plain = {
  format: (key) => String(key),
  parse: (text) => (isInteger(text) ? Number(text) : undefined),
}
const bigint: Plain = {
  format: String,
  parse: (text) => (isInteger(text) ? BigInt(text) : undefined),
}
const float: Plain = { format: (key) => numberText(key as number), parse: parseNumberText }
const timestamp: Plain = { format: (key) => isoText(key as Timestamp | Date), parse: parseTimestamp }

/**
 * Returns the conversion for keys of a type.
 *
 * @throws RpcError (`UNIMPLEMENTED`) if keys of the type cannot be strings
 */
export function keyTextOf(type: Type): KeyText {
  const wire = wireType(type)
  if (wire.kind === 'enum') return enumText(wire)
  if (wire.kind === 'lazy') return keyTextOf(wire.target)
  const mismatch = (): string => `expected a key that is a value of kind '${wire.kind}'`
  return { ...plainText(wire), mismatch, complete: false }
}

function plainText(wire: Exclude<WireType, { kind: 'enum' | 'lazy' }>): Plain {
  if (isIntegerType(wire)) return integer
  switch (wire.kind) {
    case 'string':
    case 'date':
      return string
    case 'bool':
      return bool
    case 'int64':
    case 'uint64':
      return bigint
    case 'float32':
    case 'float64':
      return float
    case 'timestamp':
      return timestamp
    case 'bytes':
    case 'any':
    case 'optional':
    case 'default':
    case 'list':
    case 'set':
    case 'record':
    case 'map':
    case 'struct':
      throw new RpcError(
        StatusCode.UNIMPLEMENTED,
        `JSON mode cannot carry a t.map with keys of kind '${wire.kind}': the keys of JSON are strings`,
      )
  }
}

function enumText(type: EnumType): KeyText {
  const byText = new Map(type.entries.map(({ value }) => [String(value), value]))
  if (byText.size < type.entries.length) {
    throw new RpcError(
      StatusCode.UNIMPLEMENTED,
      `JSON mode cannot carry a t.map with keys of enum ${type.tag}: two of its values are the same string in JSON`,
    )
  }
  return {
    format: String,
    parse: (text) => byText.get(text) ?? type.unknown,
    mismatch: (text) => enumMismatch(type, text),
    complete: true,
  }
}

/** Returns whether a string is an integer. 20 digits hold every 64-bit integer. */
function isInteger(text: string): boolean {
  return text.length <= 20 && /^(?:0|-?[1-9]\d*)$/.test(text)
}

function parseTimestamp(text: string): Timestamp | undefined {
  try {
    return Timestamp.parse(text)
  } catch {
    return undefined
  }
}
