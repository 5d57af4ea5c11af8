import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import type { Codec, Compression, Type } from '@aster/rpc-core'
import { CallHeader, type Frame, FrameFlag, LIMITS, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { isBytes, isMap } from '@aster/rpc-core/schema'

export const codecs = { xlang: new ForyCodec(), json: new JsonCodec({ missing: 'default' }) } satisfies Record<
  string,
  Codec
>

const OPEN_BRACE = 0x7b

/** The frames and the end of one side of a stream. */
export interface Transcript {
  readonly frames: readonly Frame[]
  /** How the side ended; `undefined` if the end was not observed. */
  readonly end: 'finished' | 'reset' | 'open' | 'nothing' | undefined
}

/** Describes frames in words, so that two ways to write the same meaning are equal. */
export class Reader {
  readonly #zstd: Compression
  readonly #types: readonly Type[]

  /** @param types the types of messages in XLANG, which are tried one after another */
  constructor(zstd: Compression, types: readonly Type[]) {
    this.#zstd = zstd
    this.#types = types
  }

  /** Returns the decompressed payload of a frame. */
  payload({ flags, payload }: Frame): Uint8Array {
    return (flags & FrameFlag.COMPRESSED) === 0 ? payload : this.#zstd.decompress(payload, LIMITS.decompressed)
  }

  lines({ frames, end }: Transcript): string[] {
    return [...frames.map((frame) => this.line(frame)), ...(end === undefined ? [] : [end])]
  }

  line(frame: Frame): string {
    if ((frame.flags & FrameFlag.HEADER) !== 0) return headerLine('stream', StreamHeader, frame.payload)
    if ((frame.flags & FrameFlag.CALL) !== 0) return headerLine('call', CallHeader, frame.payload)
    if (frame.flags === FrameFlag.CANCEL) return 'cancel'
    if ((frame.flags & FrameFlag.TRAILER) !== 0) return statusLine(frame.payload)
    const payload = this.payload(frame)
    return `data ${payload[0] === OPEN_BRACE ? jsonText(payload) : this.#foryText(payload)}`
  }

  #foryText(payload: Uint8Array): string {
    for (const type of this.#types) {
      try {
        return text(codecs.xlang.decode(type, payload))
      } catch {
        // The message has another type.
      }
    }
    return `of no known type: ${Buffer.from(payload).toString('hex')}`
  }
}

/** Describes a header without the parts that differ from call to call: the id, and the time of the deadline. */
function headerLine<T extends { deadlineEpochMs: number }>(kind: string, type: Type<T>, payload: Uint8Array): string {
  const codec = payload[0] === OPEN_BRACE ? codecs.json : codecs.xlang
  const { deadlineEpochMs, ...rest } = codec.decode(type, payload)
  return `${kind} ${text({ ...rest, callId: undefined })}${deadlineEpochMs > 0 ? ' with a deadline' : ''}`
}

function statusLine(payload: Uint8Array): string {
  const codec = payload[0] === OPEN_BRACE ? codecs.json : codecs.xlang
  const { code, message, detailKeys, detailValues } = codec.decode(RpcStatus, payload)
  const details = detailKeys.map((key, i) => `${key}=${detailValues[i]}`)
  return ['status', code, JSON.stringify(message), ...details].join(' ')
}

const jsonText = (payload: Uint8Array): string => text(JSON.parse(new TextDecoder().decode(payload)))

/** Returns the same string for the same value in any order of its keys. */
export function text(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === 'bigint') return `${one}n`
    if (isBytes(one)) return `bytes ${Buffer.from(one).toString('hex')}`
    if (isMap(one)) return { map: [...one] }
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
