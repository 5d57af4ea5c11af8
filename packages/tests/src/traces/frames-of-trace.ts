import type { Codec, Compression, Type } from '@aster/rpc-core'
import { CallHeader, type Frame, FrameFlag, StreamHeader } from '@aster/rpc-core/protocol'
import type { Step } from './trace.ts'
import { codecs, type Transcript } from './transcript.ts'

/** What a payload that the trace only describes is made of. */
export interface Makers {
  readonly zstd: Compression
  readonly blob: Type<{ data: Uint8Array }>
  readonly answer: Type<{ text: string; count: number }>
  readonly patternBytes: (length: number) => Uint8Array
}

/** The frame of a step: as recorded, or made anew where the trace has only its description. */
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

/** What the recorded producer said on a stream. */
export function producerSide(steps: readonly Step[], mode: 'xlang' | 'json', makers: Makers): Transcript {
  const end = steps.findLast(({ dir }) => dir === 's:end' || dir === 's:open')?.dir
  return {
    frames: framesOf(steps, 's>c', mode, makers),
    end: end === undefined ? undefined : end === 's:end' ? 'finished' : 'open',
  }
}

/** What the recorded consumer said on a stream. */
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

/** A header whose deadline is so many milliseconds from now. */
export function withDeadline({ flags, payload }: Frame, mode: 'xlang' | 'json', timeoutMs: number): Frame {
  const type: Type<{ deadlineEpochMs: number }> = (flags & FrameFlag.CALL) === 0 ? StreamHeader : CallHeader
  const header = codecs[mode].decode(type, payload)
  return { flags, payload: codecs[mode].encode(type, { ...header, deadlineEpochMs: Date.now() + timeoutMs }) }
}
