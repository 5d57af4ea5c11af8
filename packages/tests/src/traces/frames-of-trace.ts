import type { Codec, Compression, Type } from '@aster/rpc-core'
import { CallHeader, type Frame, FrameFlag, StreamHeader } from '@aster/rpc-core/protocol'
import type { Step } from './trace.ts'
import { codecs, type Transcript } from './transcript.ts'

/** Makes the payloads that a trace only describes. */
export interface Makers {
  readonly zstd: Compression
  readonly blob: Type<{ data: Uint8Array }>
  readonly answer: Type<{ text: string; count: number }>
  readonly patternBytes: (length: number) => Uint8Array
}

/** Returns the frame of a step: as recorded, or a new one if the trace has only its description. */
export function frameOf(step: Step, mode: 'xlang' | 'json', makers: Makers): Frame {
  const flags = step.flags ?? 0
  if (step.hex !== undefined) return { flags, payload: Buffer.from(step.hex, 'hex') }
  const payload = describedPayload(step, codecs[mode], makers)
  return { flags, payload: (flags & FrameFlag.COMPRESSED) === 0 ? payload : makers.zstd.compress(payload) }
}

function describedPayload({ value }: Step, codec: Codec, { blob, answer, patternBytes }: Makers): Uint8Array {
  const { data, text, count } = (value ?? {}) as {
    data?: { len: number }
    text?: { $text_head: string; len: number }
    count?: number
  }
  if (data !== undefined) return codec.encode(blob, { data: patternBytes(data.len) })
  if (text === undefined) throw new Error('a payload that is neither in the trace nor described')
  const word = text.$text_head.slice(0, 4)
  return codec.encode(answer, { text: word.repeat(text.len / word.length), count: count ?? 0 })
}

/** Returns the frames of the recorded producer on a stream. */
export function producerSide(steps: readonly Step[], mode: 'xlang' | 'json', makers: Makers): Transcript {
  const end = steps.findLast(({ dir }) => dir === 's:end' || dir === 's:open')?.dir
  return {
    frames: framesOf(steps, 's>c', mode, makers),
    end: end === undefined ? undefined : end === 's:end' ? 'finished' : 'open',
  }
}

/** Returns the frames of the recorded consumer on a stream. */
export function consumerSide(steps: readonly Step[], mode: 'xlang' | 'json', makers: Makers): Transcript {
  const end = steps.some(({ dir }) => dir === 'c:finish') ? 'finished' : undefined
  return { frames: framesOf(steps, 'c>s', mode, makers), end }
}

function framesOf(steps: readonly Step[], dir: Step['dir'], mode: 'xlang' | 'json', makers: Makers): Frame[] {
  return steps.flatMap((step) => {
    if (step.dir !== dir) return []
    const frame = frameOf(step, mode, makers)
    return Array.from({ length: step.times ?? 1 }, () => frame)
  })
}

/** Returns a header with a deadline in `timeoutMs` milliseconds. */
export function withDeadline({ flags, payload }: Frame, mode: 'xlang' | 'json', timeoutMs: number): Frame {
  const type: Type<{ deadlineEpochMs: number }> = (flags & FrameFlag.CALL) === 0 ? StreamHeader : CallHeader
  const header = codecs[mode].decode(type, payload)
  return { flags, payload: codecs[mode].encode(type, { ...header, deadlineEpochMs: Date.now() + timeoutMs }) }
}
