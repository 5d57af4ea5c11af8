import { describe, expect, it, vi } from 'vitest'
import type { ByteStream } from '../../transport.ts'
import { encodeFrames } from './frame.ts'
import { FrameWriter } from './frame-writer.ts'
import { isPiece, takePiece } from './write-piece.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A stream whose writes wait until the test lets them through. */
function slowStream() {
  const writes: Uint8Array[] = []
  const pending: (() => void)[] = []
  const stream = {
    read: vi.fn(async () => undefined),
    write: vi.fn((bytes: Uint8Array) => {
      writes.push(bytes.slice())
      return new Promise<void>((resolve) => pending.push(resolve))
    }),
    finish: vi.fn(async () => {}),
    reset: vi.fn(),
    stop: vi.fn(),
  } satisfies ByteStream
  return { stream, writes, letThrough: () => pending.shift()?.() }
}

describe('writing long frames', () => {
  it.each([65_530, 131_067, 131_068, 200_000, 196_603])(
    'writes a frame of %i bytes in pieces of 64 KiB, of which only the first and the last are copies',
    async (size) => {
      const { stream, writes, letThrough } = slowStream()
      const frames = new FrameWriter({}, stream)
      const payload = Uint8Array.from({ length: size }, (_, i) => i * 7 + (i >> 8))
      const before = { flags: 0, payload: Uint8Array.of(1, 2, 3) }
      void frames.queue(before.flags, before.payload)
      void frames.queue(0, payload)
      for (let i = 0; i < 5; i++) {
        await turn()
        letThrough()
      }
      const all = encodeFrames(before, { flags: 0, payload })
      expect(Buffer.concat(writes).equals(all)).toBe(true)
      const lengths = writes.map(({ length }) => length)
      if (all.length <= 131_072) expect(lengths).toEqual([all.length])
      else {
        expect(lengths.slice(0, -1).every((length) => length === 65_536)).toBe(true)
        const shared = stream.write.mock.calls.map(([bytes]) => bytes.buffer === payload.buffer)
        expect(shared).toEqual(lengths.map((_, i) => i > 0 && i < lengths.length - 1))
      }
    },
  )

  it('keeps the header of a long frame in one piece with the preceding frames', async () => {
    const { stream, writes, letThrough } = slowStream()
    const frames = new FrameWriter({}, stream)
    const [before, payload] = [new Uint8Array(65_528).fill(1), new Uint8Array(100_000).fill(2)]
    void frames.queue(0, before)
    void frames.queue(0, payload)
    for (let i = 0; i < 4; i++) {
      await turn()
      letThrough()
    }
    const all = encodeFrames({ flags: 0, payload: before }, { flags: 0, payload })
    expect(Buffer.concat(writes).equals(all)).toBe(true)
  })

  it('reuses the memory of a write after the transport has taken it, and no other memory', async () => {
    const { stream, letThrough } = slowStream()
    const frames = new FrameWriter({}, stream)
    // As long as memory for pieces, but the sender's own.
    const payload = new Uint8Array(new ArrayBuffer(131_072))
    const [first, second] = [new Uint8Array(50_000).fill(1), new Uint8Array(50_000).fill(2)]
    void frames.queue(0, payload)
    for (let i = 0; i < 5; i++) {
      await turn()
      letThrough()
    }
    expect(payload.every((byte) => byte === 0)).toBe(true)
    void frames.queue(0, first)
    await turn()
    const other = slowStream()
    void new FrameWriter({}, other.stream).queue(0, second)
    await turn()
    const buffers = [stream, other.stream].map(({ write }) => write.mock.lastCall?.[0].buffer)
    expect(buffers[0]).not.toBe(buffers[1])
    expect(buffers).not.toContain(payload.buffer)
    letThrough()
    await turn()
    void frames.queue(0, second)
    await turn()
    expect(stream.write.mock.lastCall?.[0].buffer).toBe(buffers[0])
    expect(payload.every((byte) => byte === 0)).toBe(true)
  })

  it.each([20_000, 131_067, 131_068, 200_000])(
    'writes a frame of %i bytes in place if its memory is lent, and returns the memory after the last write',
    async (size) => {
      const { stream, writes, letThrough } = slowStream()
      const frames = new FrameWriter({}, stream)
      const memory = takePiece(5 + size + 10)
      const payload = memory.subarray(5, 5 + size)
      for (let i = 0; i < size; i++) payload[i] = i * 7 + (i >> 8)
      const before = { flags: 0, payload: Uint8Array.of(1, 2, 3) }
      const all = encodeFrames(before, { flags: 1, payload }, before)
      void frames.queue(before.flags, before.payload)
      void frames.queue(1, payload)
      void frames.queue(before.flags, before.payload)
      for (let left = all.length; left > 0; letThrough()) {
        await turn()
        const { buffer, length } = stream.write.mock.lastCall?.[0] ?? expect.fail()
        left -= length
        // The last piece of a long frame is a copy.
        if (left > 65_541) expect(isPiece(payload)).toBe(true)
        if (length > 65_535) expect(buffer === memory.buffer).toBe(true)
      }
      await turn()
      expect(Buffer.concat(writes).equals(all)).toBe(true)
      expect(isPiece(payload)).toBe(false)
    },
  )

  it('writes 16 KiB at once if the transport takes writes at once, and less at the end of the microtask', async () => {
    const taken: number[] = []
    const { stream } = slowStream()
    const tryWrite = vi.fn((bytes: Uint8Array) => taken.push(bytes.length) > 0)
    const frames = new FrameWriter({}, { ...stream, tryWrite })
    for (let i = 0; i < 20; i++) void frames.queue(0, new Uint8Array(995))
    expect(taken).toEqual([17_000])
    await turn()
    expect(taken).toEqual([17_000, 3_000])
    expect(stream.write).not.toHaveBeenCalled()
  })

  it('writes the first frames of a turn after the microtask, and those of a source that goes on when the turn ends', async () => {
    const taken: number[] = []
    const tryWrite = vi.fn((bytes: Uint8Array) => taken.push(bytes.length) > 0)
    const frames = new FrameWriter({}, { ...slowStream().stream, tryWrite })
    const queueOne = async (): Promise<void> => {
      void frames.queue(0, new Uint8Array(95))
      for (let i = 0; i < 10; i++) await Promise.resolve()
    }
    // A stream often has one message alone, such as a request.
    for (let turns = 0; turns < 3; turns++) {
      for (let i = 0; i < 4; i++) await queueOne()
      await turn()
    }
    expect(taken).toEqual([100, 100, 200, 100, 300, 100, 300])
    await queueOne()
    await queueOne()
    expect(taken.slice(7)).toEqual([100])
    void frames.finish()
    expect(taken.slice(7)).toEqual([100, 100])
  })

  it('does not return lent memory before it has been written', async () => {
    const { stream, letThrough } = slowStream()
    const frames = new FrameWriter({}, stream)
    const payload = takePiece(300_005).subarray(5)
    void frames.queue(0, payload)
    await turn()
    letThrough()
    await turn()
    frames.fail(new Error('left'))
    expect(isPiece(payload)).toBe(true)
  })
})
