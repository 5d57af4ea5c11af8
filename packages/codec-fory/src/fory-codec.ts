import { type Codec, check, RpcError, SerializationMode, StatusCode, type Type } from '@aster/rpc-core'
import { CodecContext } from './layout/codec-context.ts'
import { Decoders } from './decode/decoders.ts'
import { dialect016, dialect017 } from './layout/dialects.ts'
import { Encoders } from './encode/encoders.ts'
import { toRpcError } from './wire/failure.ts'
import { canGenerate } from './layout/compile-function.ts'
import { Reader } from './wire/read-buffer.ts'
import { type Root, rootOf } from './root.ts'
import { slotOf } from './slot.ts'
import { WriteBuffer } from './wire/write-buffer.ts'

const dialects = { '0.16': dialect016, '0.17': dialect017 } as const

export interface ForyCodecOptions {
  /** The version of pyfory whose bytes are written; either reads those of the other. @default '0.16' */
  dialect?: keyof typeof dialects
  /** Structs and enums that may stand in a `t.any` beside those that the message's own type contains. @default none */
  types?: readonly Type[]
  /**
   * Whether encoders and decoders may be made with `new Function`, which is faster and forbidden by some content security policies.
   * @default true where it is allowed
   */
  generateCode?: boolean
}

/**
 * Fory XLANG: byte for byte what pyfory 0.16 (and 0.17) writes and reads.
 *
 * @throws RpcError on encoding with `INVALID_ARGUMENT`, naming the path, for a value that does not fit or a type that Python cannot
 *   serialise; on decoding with `DATA_LOSS` for bytes that break the format and `CONTRACT_VIOLATION` for another schema, with the
 *   path and the offset
 */
export class ForyCodec implements Codec {
  readonly mode: SerializationMode = SerializationMode.XLANG
  readonly #context: CodecContext
  readonly #encoders: Encoders
  readonly #decoders: Decoders
  readonly #types: readonly Type[]
  readonly #roots = new WeakMap<Type, Root>()
  /** Lent to the message at hand; a getter of the value that encodes another message finds none. */
  #writer: WriteBuffer | undefined = new WriteBuffer()
  readonly #reader: Reader

  constructor({ dialect = '0.16', types = [], generateCode = true }: ForyCodecOptions = {}) {
    if (!Object.hasOwn(dialects, dialect)) {
      throw new RpcError(
        StatusCode.INVALID_ARGUMENT,
        `ForyCodec: expected dialect '0.16' or '0.17', found ${JSON.stringify(dialect)}`,
      )
    }
    this.#context = new CodecContext(dialects[dialect], generateCode && canGenerate())
    this.#encoders = new Encoders(this.#context)
    this.#decoders = new Decoders(this.#context)
    this.#reader = new Reader(this.#context.dialect)
    this.#types = types
  }

  encode<T, I>(type: Type<T, I>, value: I): Uint8Array {
    const root = this.#root(type)
    const out = this.#writer ?? new WriteBuffer()
    this.#writer = undefined
    try {
      out.start()
      root.write(out, value)
      return out.take()
    } catch (error) {
      throw encodeError(error, type, value)
    } finally {
      this.#writer = out
    }
  }

  decode<T, I>(type: Type<T, I>, bytes: Uint8Array): T {
    const root = this.#root(type)
    const input = this.#reader
    try {
      input.start(bytes, root.known)
      const value = root.read(input)
      if (input.left > 0) input.broken(`${input.left} bytes more than the message has`)
      return value as T
    } catch (error) {
      throw toRpcError(error, `cannot decode ${nameOf(type)}: `)
    } finally {
      input.end()
    }
  }

  #root(type: Type): Root {
    let root = this.#roots.get(type)
    if (root !== undefined) return root
    try {
      root = rootOf(type, this.#types, this.#context, this.#encoders, this.#decoders)
    } catch (error) {
      throw toRpcError(error, 'a type that Fory cannot carry: ')
    }
    this.#roots.set(type, root)
    return root
  }
}

function encodeError(error: unknown, type: Type, value: unknown): unknown {
  try {
    check(type, value)
  } catch (better) {
    if (better instanceof RpcError) return better
  }
  return toRpcError(error, '')
}

function nameOf(type: Type): string {
  const { type: bare } = slotOf(type)
  return 'tag' in bare ? bare.tag : bare.kind
}
