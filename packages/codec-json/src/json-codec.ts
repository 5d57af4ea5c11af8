import { AsterError, type Codec, RpcError, SerializationMode, StatusCode, type Type, check } from '@aster/rpc-core'
import { expectInteger, isErrorLike } from '@aster/rpc-core/schema'
import { parseJson } from './parse-json.ts'
import { JsonContext, MAX_VALUES } from './json-context.ts'
import { INEXACT } from './exact-numbers.ts'
import { readerOf } from './reader.ts'
import { type JsonBounds, needsScan, scanJson } from './scan-json.ts'
import { decodeUtf8 } from './utf8.ts'
import { writerOf } from './writer.ts'

/** Options of a `JsonCodec`. */
export interface JsonCodecOptions {
  /**
   * Decides how `decode` treats a field that the bytes lack. `'error'` fails with `CONTRACT_VIOLATION`; `'default'` takes the
   * default of the field, as Python producers do with requests. In both modes a `t.optional` or `t.withDefault` field takes its
   * default, and a field that its struct requires is an error. See quirk 31 of docs/python-0.1.md.
   *
   * @default 'error'
   */
  missing?: 'error' | 'default'
  /**
   * Decides how `decode` treats a field that the type does not have. `'error'` fails with `CONTRACT_VIOLATION`, as Python
   * producers do with requests; `'ignore'` skips the field, so that the definition of the peer may be newer. See quirk 31 of
   * docs/python-0.1.md.
   *
   * @default 'error'
   */
  unknown?: 'error' | 'ignore'
  /**
   * The most values of one message that is read or written, from 1. Elements of lists count as values, and so do keys and
   * values of maps, of records and of the objects of a `t.any`; elements of sets count twice. Fields of structs have a count of
   * their own with the same limit. A message over the limit fails with `RESOURCE_EXHAUSTED`.
   *
   * @default 1_000_000
   */
  maxValues?: number
  /**
   * The most different keys in the objects of one message, from 1. Names of fields count too. Each new key takes some
   * microseconds of the event loop. A message over the limit fails with `RESOURCE_EXHAUSTED`.
   *
   * @default 100_000
   */
  maxKeys?: number
}

/** The most different keys in one message. */
const MAX_KEYS = 100_000

const encoder = new TextEncoder()

/**
 * Encodes and decodes messages as JSON in UTF-8. Fields have their wire names, and the floats that JSON lacks are Python's
 * words `NaN`, `Infinity` and `-Infinity`. See quirk 32 of docs/python-0.1.md.
 */
export class JsonCodec implements Codec {
  /** The mode of the messages: JSON. */
  readonly mode = SerializationMode.JSON
  readonly #defaults: boolean
  readonly #ignoreUnknown: boolean
  readonly #bounds: JsonBounds

  /** @throws AsterError if an option is wrong */
  constructor(options: JsonCodecOptions = {}) {
    const { missing = 'error', unknown = 'error', maxValues = MAX_VALUES, maxKeys = MAX_KEYS } = options
    if (missing !== 'error' && missing !== 'default') {
      throw new AsterError(`JsonCodec: expected missing as 'error' or 'default', found '${String(missing)}'`)
    }
    if (unknown !== 'error' && unknown !== 'ignore') {
      throw new AsterError(`JsonCodec: expected unknown as 'error' or 'ignore', found '${String(unknown)}'`)
    }
    this.#bounds = {
      maxValues: expectInteger('JsonCodec: maxValues', maxValues, 1),
      maxKeys: expectInteger('JsonCodec: maxKeys', maxKeys, 1),
    }
    this.#defaults = missing === 'default'
    this.#ignoreUnknown = unknown === 'ignore'
  }

  /**
   * Encodes a value of the type as JSON.
   *
   * @throws RpcError (`INVALID_ARGUMENT`) if the value does not fit the type, or `RESOURCE_EXHAUSTED` if it is over a limit
   */
  encode<T, I>(type: Type<T, I>, value: I): Uint8Array {
    try {
      const { maxValues } = this.#bounds
      const bytes = encoder.encode(writerOf(type)(value, new JsonContext(StatusCode.INVALID_ARGUMENT, { maxValues })))
      // The peer would refuse such a message.
      if (needsScan(bytes.length, this.#bounds)) scanJson(bytes, this.#bounds)
      return bytes
    } catch (error) {
      if (isExhausted(error)) throw error
      throw codecError(checkError(type, value) ?? error, StatusCode.INVALID_ARGUMENT)
    }
  }

  /**
   * Decodes JSON to a value of the type.
   *
   * @throws RpcError (`DATA_LOSS`) if the bytes are not JSON, `CONTRACT_VIOLATION` if the JSON does not fit the type, or
   *   `RESOURCE_EXHAUSTED` if it is over a limit
   */
  decode<T, I>(type: Type<T, I>, bytes: Uint8Array): T {
    const { maxValues } = this.#bounds
    const isSpecial = needsScan(bytes.length, this.#bounds) && scanJson(bytes, this.#bounds)
    const text = decodeUtf8(bytes)
    const surrogates = /\\u[dD][89a-fA-F]/.test(text)
    const defaults = this.#defaults
    const ignoreUnknown = this.#ignoreUnknown
    const read = (json: unknown, exact: boolean): T => {
      const options = { exact, surrogates, defaults, ignoreUnknown }
      const context = new JsonContext(StatusCode.CONTRACT_VIOLATION, { options, maxValues })
      return readerOf(type)(json, context) as T
    }
    try {
      const json = isSpecial ? undefined : parseByEngine(text)
      if (json !== undefined) {
        try {
          return read(json, false)
        } catch (error) {
          if (error !== INEXACT) throw error
        }
      }
      return read(parseJson(text), true)
    } catch (error) {
      throw codecError(error, StatusCode.CONTRACT_VIOLATION)
    }
  }
}

/**
 * Returns the result of `JSON.parse`, which is much faster than `parseJson`. Returns `undefined` if `JSON.parse` fails, as it
 * does for Python's words and for broken JSON; `parseJson` then reads the words, or reports the offset.
 */
function parseByEngine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Returns the error for a value that does not fit. The writer stops at the first mismatch, but `check` reports all of them,
 * as every codec does.
 */
function checkError(type: Type, value: unknown): unknown {
  try {
    check(type, value)
  } catch (error) {
    return error
  }
  return undefined
}

function isExhausted(error: unknown): boolean {
  return error instanceof RpcError && error.code === StatusCode.RESOURCE_EXHAUSTED
}

function codecError(error: unknown, code: StatusCode): unknown {
  if (error instanceof RpcError) return error
  if (error instanceof AsterError) return new RpcError(code, error.message, { cause: error })
  if (isErrorLike(error) && error.name === 'RangeError')
    return new RpcError(StatusCode.RESOURCE_EXHAUSTED, error.message, { cause: error })
  return error
}
