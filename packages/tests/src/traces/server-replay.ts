import type { ByteStream } from '@aster/rpc-core'
import { encodeFrames, type Frame, FrameFlag, FrameStream } from '@aster/rpc-core/protocol'
import { type Clock, settle } from '@aster/test-services'
import { frameOf, type Makers, withDeadline } from './frames-of-trace.ts'
import type { Conversation, Step } from './trace.ts'
import type { Transcript } from './transcript.ts'

/** The time that a producer may take for a frame, and that the recording waited for its end. */
const PATIENCE_MS = 60_000
const END_MS = 1_000

const FRAMES_OF_A_WRITE = 1_000

/** Writes the frames of the recorded consumer. Returns the answers. */
export async function replayConsumer(
  steps: readonly Step[],
  mode: Conversation['mode'],
  timeoutMs: number | undefined,
  stream: ByteStream,
  makers: Makers,
  clock: Clock,
): Promise<Transcript> {
  const reader = new FrameStream(stream)
  const frames: Frame[] = []
  let end: Transcript['end']
  let pending: Promise<Frame | undefined> | undefined

  const read = async (patienceMs: number): Promise<boolean> => {
    if (end !== undefined) return false
    // A read that timed out is still pending, and only one read is allowed at a time.
    pending ??= reader.read()
    const outcome = await settle(pending, { what: 'the producer', limitMs: patienceMs, clock }).catch(
      () => 'nothing' as const,
    )
    if (outcome === 'nothing') return false
    pending = undefined
    if ('error' in outcome) end = 'reset'
    else if (outcome.value === undefined) end = 'finished'
    else frames.push({ flags: outcome.value.flags, payload: outcome.value.payload.slice() })
    return end === undefined
  }
  // A producer may stop reading when it has all it needs.
  const write = (bytes: Uint8Array) => settle(stream.write(bytes), { what: 'the write', limitMs: PATIENCE_MS, clock })

  for (const step of steps) {
    const times = step.times ?? 1
    if (step.dir === 'c>s') {
      for (let left = times; left > 0; left -= FRAMES_OF_A_WRITE)
        await write(bytesOf(step, Math.min(left, FRAMES_OF_A_WRITE), mode, timeoutMs, makers))
    } else if (step.dir === 's>c') {
      for (let i = 0; i < times; i++) await read(PATIENCE_MS)
    } else if (step.dir === 'c:finish') {
      await stream.finish()
    } else if (step.dir === 'c:stop') {
      stream.stop(step.code ?? 0)
    }
  }
  if (!steps.some(({ dir }) => dir === 's:end' || dir === 's:open')) return { frames, end: undefined }
  while (await read(END_MS)) continue
  return { frames, end: end ?? 'open' }
}

function bytesOf(
  step: Step,
  times: number,
  mode: Conversation['mode'],
  timeoutMs: number | undefined,
  makers: Makers,
): Uint8Array {
  if (step.raw !== undefined) return Buffer.from(step.raw, 'hex')
  const frame = frameOf(step, mode, makers)
  const timed = Number(step.value?.['deadlineEpochMs'] ?? 0) > 0 && isHeader(frame) && timeoutMs !== undefined
  return encodeFrames(...Array.from({ length: times }, () => (timed ? withDeadline(frame, mode, timeoutMs) : frame)))
}

const isHeader = ({ flags }: Frame): boolean => (flags & (FrameFlag.HEADER | FrameFlag.CALL)) !== 0
