import { CallHeader, type Frame, FrameFlag, pairs, StreamHeader } from '@aster/rpc-core/protocol'
import { frameOf, type Makers } from './frames-of-trace.ts'
import type { Conversation, Step } from './trace.ts'
import { codecs } from './transcript.ts'

/** An action of the recorded caller, in order. */
export type Part =
  | { readonly does: 'send'; readonly frame: Frame; readonly times: number }
  | { readonly does: 'receive'; readonly times: number }
  /** The trailer came, and nothing more is received. */
  | { readonly does: 'end' }
  | { readonly does: 'finish' }
  | { readonly does: 'cancel' }

export interface RecordedCall {
  readonly method: string
  readonly metadata: Readonly<Record<string, string>>
  readonly hasDeadline: boolean
  readonly parts: readonly Part[]
}

/** The actions of the recorded caller on one stream. */
export interface RecordedStream {
  readonly service: string
  readonly version: number
  /** The calls: one, unless the stream is a session. */
  readonly calls: readonly RecordedCall[]
  readonly isSession: boolean
}

export function recordedStream(steps: readonly Step[], mode: Conversation['mode'], makers: Makers): RecordedStream {
  const first = steps[0] as Step
  const header = codecs[mode].decode(StreamHeader, frameOf(first, mode, makers).payload)
  const { service, version, method } = header
  const isSession = method === ''
  const calls: { method: string; metadata: Record<string, string>; hasDeadline: boolean; parts: Part[] }[] = []
  const begin = (
    header: Pick<StreamHeader, 'method' | 'metadataKeys' | 'metadataValues' | 'deadlineEpochMs'>,
  ): void => {
    const metadata = pairs(header.metadataKeys, header.metadataValues)
    calls.push({ method: header.method, metadata, hasDeadline: header.deadlineEpochMs > 0, parts: [] })
  }
  if (!isSession) begin(header)
  for (const step of steps.slice(1)) {
    const flags = step.flags ?? 0
    if (step.dir === 'c>s' && (flags & FrameFlag.CALL) !== 0) {
      begin(codecs[mode].decode(CallHeader, frameOf(step, mode, makers).payload))
      continue
    }
    const part = partOf(step, mode, makers)
    // A stop after the end of the call is not a cancel: 0.1.2 stops its receiving side after each error.
    if (part?.does === 'cancel' && calls.at(-1)?.parts.at(-1)?.does === 'end') continue
    // The end of a session is not part of a call.
    if (part !== undefined && !(isSession && step.dir === 'c:finish')) calls.at(-1)?.parts.push(part)
  }
  return { service, version, calls, isSession }
}

function partOf(step: Step, mode: Conversation['mode'], makers: Makers): Part | undefined {
  const { dir, flags = 0, times = 1 } = step
  const isTrailer = (flags & FrameFlag.TRAILER) !== 0
  if (dir === 's>c') return isTrailer ? { does: 'end' } : { does: 'receive', times }
  if (dir === 'c:finish' || (dir === 'c>s' && isTrailer)) return { does: 'finish' }
  if (dir === 'c:stop' || (flags & FrameFlag.CANCEL) !== 0) return { does: 'cancel' }
  return dir === 'c>s' ? { does: 'send', frame: frameOf(step, mode, makers), times } : undefined
}
