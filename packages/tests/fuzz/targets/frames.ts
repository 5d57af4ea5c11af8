import { encodeFrames, type Frame, FrameReader } from '@aster/rpc-core/protocol'
import { assert, attempt } from '../engine/expect-error.ts'
import type { Target } from '../engine/target.ts'
import { recordedFrames } from './seeds.ts'

const LIMIT = 1 << 16

/** Reads a stream that arrives in pieces of these lengths. The last item tells whether it ended without an error. */
function read(bytes: Uint8Array, pieces: (at: number) => number): unknown[] {
  const reader = new FrameReader({ messageLimit: LIMIT })
  const frames: Frame[] = []
  const ended = attempt(() => {
    for (let at = 0; at < bytes.length;) {
      const length = Math.max(1, pieces(at))
      reader.push(bytes.subarray(at, at + length))
      at += length
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame)
      assert(reader.buffered <= bytes.length, 'no more is buffered than has come')
    }
    reader.end()
  })
  return [
    ...frames.map(({ flags, payload }) => `${flags} ${Buffer.from(payload).toString('latin1')}`),
    ended !== undefined,
  ]
}

/** Takes the first byte as the way in which the rest is split. */
export const frames: Target = {
  name: 'frames',
  seeds: () =>
    ['c>s', 's>c'].flatMap((dir) =>
      recordedFrames(dir as 'c>s').map((all, i) =>
        Uint8Array.of(i % 7, ...encodeFrames(...all.filter(({ payload }) => payload.length > 0))),
      ),
    ),
  run(input) {
    const [split = 0] = input
    const bytes = input.subarray(1)
    const whole = read(bytes, () => bytes.length)
    const parts = read(bytes, (at) => (split < 8 ? split : (bytes[at] ?? 1) % split))
    assert(JSON.stringify(whole) === JSON.stringify(parts), 'frames do not depend on how the stream is split')
  },
}
