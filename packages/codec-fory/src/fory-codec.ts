import {
  type Codec,
  check,
  type DecodeOptions,
  type EncodeOptions,
  RpcError,
  SerializationMode,
  StatusCode,
  type Type,
} from '@aster/rpc-core'
import { describeShown, expectInteger, unwrap } from '@aster/rpc-core/schema'
import { Decoders } from './decode/decoders.ts'
import { Encoders } from './encode/encoders.ts'
import { CodecContext } from './layout/codec-context.ts'
import { canCompile } from './layout/compile-function.ts'
import { dialect016, dialect017 } from './layout/dialects.ts'
import { makeRoot, type Root, type RootParts } from './root.ts'
import { codecError, Failure } from './wire/failure.ts'
import { ReadBuffer } from './wire/read-buffer.ts'
import { MAX_VALUES } from './wire/value-counter.ts'
import { WriteBuffer } from './wire/write-buffer.ts'

const dialects = { '0.16': dialect016, '0.17': dialect017 } as const

/** The options of a `ForyCodec`. */
export interface ForyCodecOptions {
  /**
   * The version of pyfory whose bytes are written. Both versions read the bytes of the other.
   *
   * @default '0.16'
   */
  dialect?: keyof typeof dialects
  /**
   * Structs and enums that may occur in a `t.any`, beside those that the message's own type contains.
   *
   * @default none
   */
  types?: readonly Type[]
  /**
   * Whether encoders and decoders may be created with `new Function`, which is faster, but which some content security
   * policies forbid.
   *
   * @default true if the environment allows it
   */
  generateCode?: boolean
  /**
   * The most values of one message, written or read: elements of lists, keys and values of maps, records and the dicts of a
   * `t.any`, and elements of sets twice, all together. Fields of structs are counted separately, with the same limit. Bytes
   * and arrays of numbers count as one. Above the limit, the codec throws `RESOURCE_EXHAUSTED`.
   *
   * @default 1,000,000
   */
  maxValues?: number
}

/**
 * Encodes and decodes Fory XLANG: byte for byte the format that pyfory 0.16 (and 0.17) writes and reads.
 *
 * @throws RpcError from `encode`, with `INVALID_ARGUMENT` and the path, if a value does not fit its type, or if Python
 *   cannot serialise the type
 * @throws RpcError from `decode`, with `DATA_LOSS` if the bytes break the format, or `CONTRACT_VIOLATION` if they are of
 *   another schema, with the path and the offset
 * @throws RpcError from both, with `RESOURCE_EXHAUSTED` if a message has more than `maxValues` values
 */
export class ForyCodec implements Codec {
  readonly mode: SerializationMode = SerializationMode.XLANG
  readonly #parts: RootParts
  readonly #roots = new WeakMap<Type, Root>()
  /** Unset while a message is written, since a getter of its value may encode another message. */
  #out: WriteBuffer | undefined
  readonly #input: ReadBuffer
  readonly #maxValues: number

  constructor({ dialect = '0.16', types = [], generateCode = true, maxValues = MAX_VALUES }: ForyCodecOptions = {}) {
    if (!Object.hasOwn(dialects, dialect)) {
      throw new RpcError(
        StatusCode.INVALID_ARGUMENT,
        `ForyCodec: expected dialect '0.16' or '0.17', found ${describeShown(dialect)}`,
      )
    }
    this.#maxValues = expectInteger('ForyCodec: maxValues', maxValues, 1)
    this.#out = new WriteBuffer(maxValues)
    this.#input = new ReadBuffer(maxValues)
    const context = new CodecContext(dialects[dialect], generateCode && canCompile())
    this.#parts = { types, context, encoders: new Encoders(context), decoders: new Decoders(context) }
  }

  encode<T, I>(type: Type<T, I>, value: I, { mayLend = false }: EncodeOptions = {}): Uint8Array {
    const root = this.#root(type)
    const out = this.#out ?? new WriteBuffer(this.#maxValues)
    this.#out = undefined
    try {
      out.start(mayLend)
      root.write(out, value)
      return out.take()
    } catch (error) {
      throw encodeError(error, type, value)
    } finally {
      this.#out = out
    }
  }

  decode<T, I>(type: Type<T, I>, bytes: Uint8Array, { mayView = false }: DecodeOptions = {}): T {
    const root = this.#root(type)
    const input = this.#input
    try {
      input.start(bytes, root.known)
      input.mayView = mayView
      const value = root.read(input)
      if (input.left > 0) input.throwDataLoss(`${input.left} bytes more than the message has`)
      return value as T
    } catch (error) {
      throw codecError(error, `cannot decode ${typeName(type)}: `)
    } finally {
      input.end()
    }
  }

  #root(type: Type): Root {
    let root = this.#roots.get(type)
    if (root !== undefined) return root
    try {
      root = makeRoot(type, this.#parts)
    } catch (error) {
      throw codecError(error, 'a type that Fory cannot carry: ')
    }
    this.#roots.set(type, root)
    return root
  }
}

function encodeError(error: unknown, type: Type, value: unknown): unknown {
  // The value may fit its type, but be too large to be checked.
  if (error instanceof Failure && error.code === StatusCode.RESOURCE_EXHAUSTED) return codecError(error, '')
  try {
    check(type, value)
  } catch (better) {
    if (better instanceof RpcError) return better
  }
  return codecError(error, '')
}

function typeName(type: Type): string {
  const { type: bare } = unwrap(type)
  return 'tag' in bare ? bare.tag : bare.kind
}
