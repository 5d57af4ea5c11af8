import { AsterError, type Codec, RpcError, SerializationMode, StatusCode, type Type, check } from '@aster/rpc-core'
import { expectInteger, isErrorLike } from '@aster/rpc-core/schema'
import { parseJson } from './parse-json.ts'
import { JsonContext, MAX_VALUES } from './json-context.ts'
import { INEXACT } from './exact-numbers.ts'
import { readerOf } from './reader.ts'
import { type JsonBounds, needsScan, scanJson } from './scan-json.ts'
import { decodeUtf8 } from './utf8.ts'
import { writerOf } from './writer.ts'

export interface JsonCodecOptions {
  /**
   * What `decode` does about a field that the bytes lack, those of `t.optional` and `t.withDefault` aside: `'error'` fails
   * with `CONTRACT_VIOLATION`, `'default'` takes its default (quirk 31 of docs/python-0.1.md). A field that its struct
   * requires is an error either way. @default 'error'
   */
  missing?: 'error' | 'default'
  /**
   * What `decode` does about a field that the type does not have: `'error'` fails with `CONTRACT_VIOLATION` (quirk 31 of
   * docs/python-0.1.md), `'ignore'` passes over it, so that the peer's definition may be newer. @default 'error'
   */
  unknown?: 'error' | 'ignore'
  /**
   * How many values one message may have, read or written: elements of lists, keys and values of maps, records and the
   * objects of a `t.any`, and elements of sets twice, all together; and apart from those, as many fields of structs. More of them fail with
   * `RESOURCE_EXHAUSTED`. @default 1,000,000
   */
  maxValues?: number
  /**
   * How many different keys the objects of one message may have, fields of structs included: each takes some microseconds of
   * the event loop. More of them fail with `RESOURCE_EXHAUSTED`. @default 100,000
   */
  maxKeys?: number
}

/** The most different keys in one message. */
const MAX_KEYS = 100_000

const encoder = new TextEncoder()

/** Messages as JSON text in UTF-8, with Python's names for fields and the words of quirk 32 of docs/python-0.1.md. */
export class JsonCodec implements Codec {
  readonly mode = SerializationMode.JSON
  readonly #defaults: boolean
  readonly #ignoreUnknown: boolean
  readonly #bounds: JsonBounds

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

  encode<T, I>(type: Type<T, I>, value: I): Uint8Array {
    try {
      const { maxValues } = this.#bounds
      const bytes = encoder.encode(writerOf(type)(value, new JsonContext(StatusCode.INVALID_ARGUMENT, { maxValues })))
      // The other side would refuse it.
      if (needsScan(bytes.length, this.#bounds)) scanJson(bytes, this.#bounds)
      return bytes
    } catch (error) {
      if (isExhausted(error)) throw error
      throw codecError(checkError(type, value) ?? error, StatusCode.INVALID_ARGUMENT)
    }
  }

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

/** Much faster than `parseJson`. `undefined` for Python's words, and for broken JSON, of which it does not tell the place. */
function parseByEngine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The writer stops at the first mismatch; `check` reports all of them, in the words that every codec uses. */
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
