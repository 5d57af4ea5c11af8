import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StatusCode } from '../../status-code.ts'
import { type ByteStream, TransportError } from '../../transport.ts'
import { encodeFrames, type Frame, FrameFlag } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameStream } from './frame-stream.ts'
import { LIMITS } from '../../limits.ts'

const frame = (...bytes: number[]): Frame => ({ flags: 0, payload: Uint8Array.from(bytes) })

/** A stream that returns `incoming`, and whose writes wait until the test lets them through. */
function fakeStream(incoming: readonly (Uint8Array | Error)[] = []) {
  const left = [...incoming]
  const writes: { bytes: Uint8Array; finish: boolean }[] = []
  const pending: { resolve: () => void; reject: (error: unknown) => void }[] = []
  const stream = {
    read: vi.fn(async (_maxBytes?: number) => {
      const next = left.shift()
      if (next instanceof Error) throw next
      return next
    }),
    write: vi.fn((bytes: Uint8Array, options?: { finish?: boolean }) => {
      writes.push({ bytes: bytes.slice(), finish: options?.finish ?? false })
      return new Promise<void>((resolve, reject) => pending.push({ resolve, reject }))
    }),
    finish: vi.fn(async () => {}),
    reset: vi.fn(),
    stop: vi.fn(),
  } satisfies ByteStream
  return { stream, writes, pending, letThrough: () => pending.shift()?.resolve() }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function framesOf(bytes: Uint8Array): Frame[] {
  const reader = new FrameReader()
  reader.push(bytes)
  const frames: Frame[] = []
  for (let next = reader.next(); next !== undefined; next = reader.next()) frames.push(next)
  reader.end()
  return frames
}

describe('reading frames from a stream', () => {
  it('returns them one by one, and the end on every later call', async () => {
    const bytes = encodeFrames(frame(1), frame(2, 3))
    const { stream } = fakeStream([bytes.slice(0, 3), bytes.slice(3, 8), bytes.slice(8)])
    const frames = new FrameStream(stream)
    expect(await frames.read()).toEqual(frame(1))
    expect(await frames.read()).toEqual(frame(2, 3))
    expect(await frames.read()).toBeUndefined()
    expect(await frames.read()).toBeUndefined()
  })

  it('reads the rest of a frame directly into its memory if the stream supports that', async () => {
    const payload = new Uint8Array(100_000).fill(7)
    const bytes = encodeFrames({ flags: 0, payload }, frame(1))
    const { stream } = fakeStream([bytes.slice(0, 100)])
    let at = 100
    const tryReadInto = vi.fn((_: unknown, into: Uint8Array) => {
      const part = bytes.subarray(at, at + into.length)
      into.set(part)
      at += part.length
      return part.length
    })
    const frames = new FrameStream({ ...stream, tryReadInto })
    expect(await frames.read()).toEqual({ flags: 0, payload })
    expect(stream.read).toHaveBeenCalledTimes(1)
    // Not the next frame, whose length is not known.
    expect(at).toBe(bytes.length - 6)
    expect(tryReadInto.mock.calls.every(([, into]) => into.length > 0)).toBe(true)
  })

  it.each([0, -1, 0.5, 99_906, Number.NaN])(
    'rejects %d as the number of bytes that a stream has read',
    async (count) => {
      const bytes = encodeFrames({ flags: 0, payload: new Uint8Array(100_000) })
      const frames = new FrameStream({ ...fakeStream([bytes.slice(0, 100)]).stream, tryReadInto: () => count })
      await expect(frames.read()).rejects.toThrow(
        `tryReadInto of the transport returned ${count}, which is not a number of bytes from 1 to 8092`,
      )
    },
  )

  it('reads half of the next frame behind a long one, if the rest can be read straight to its memory', async () => {
    const long = encodeFrames({ flags: 0, payload: new Uint8Array(100_000) })
    const reads = async (others: Partial<ByteStream>): Promise<unknown[]> => {
      const { stream } = fakeStream([long, encodeFrames(frame(1)), encodeFrames(frame(2))])
      const frames = new FrameStream({ ...stream, ...others })
      for (let i = 0; i < 3; i++) expect(await frames.read()).toBeDefined()
      return stream.read.mock.calls.map(([maxBytes]) => maxBytes)
    }
    expect(await reads({ tryReadInto: () => expect.fail() })).toEqual([undefined, 50_003, undefined])
    expect(await reads({})).toEqual([undefined, undefined, undefined])
  })

  it('provides the memory of a long frame first, if at least half of the frame waits', async () => {
    const payload = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7)
    const long = encodeFrames({ flags: 0, payload })
    const bytes = Buffer.concat([long, long, encodeFrames(frame(1)), long])
    let at = 0
    const reads: number[] = []
    const stream = {
      ...fakeStream().stream,
      get readableBytes() {
        return bytes.length - at
      },
      tryRead(_: unknown, maxBytes = Infinity) {
        const part = Uint8Array.from(bytes.subarray(at, at + maxBytes))
        at += part.length
        reads.push(part.length)
        return part
      },
      tryReadInto(_: unknown, into: Uint8Array) {
        into.set(bytes.subarray(at, at + into.length))
        at += into.length
        reads.push(into.length)
        return into.length
      },
    }
    const frames = new FrameStream(stream)
    for (let i = 0; i < 2; i++) {
      const found = (await frames.read())?.payload ?? expect.fail()
      expect(Buffer.compare(found, payload)).toBe(0)
      expect(found.buffer.byteLength).toBe(long.length)
    }
    // The first read is longer than the start of a frame, since short frames may precede the long one.
    expect(reads).toEqual([1_024, long.length - 1_024, 5, long.length - 5])
    expect(await frames.read()).toEqual(frame(1))
    expect(Buffer.compare((await frames.read())?.payload ?? expect.fail(), payload)).toBe(0)
  })

  it('allocates at most twice the bytes that have arrived, whatever waits', async () => {
    const long = encodeFrames({ flags: 0, payload: new Uint8Array(1_000_000) })
    let at = 0
    let readable = 40_000
    const rooms: number[] = []
    const stream = {
      ...fakeStream().stream,
      get readableBytes() {
        return readable
      },
      tryRead(_: unknown, maxBytes = Infinity) {
        const part = long.slice(at, at + Math.min(maxBytes, readable))
        at += part.length
        readable -= part.length
        return part
      },
      tryReadInto(_: unknown, into: Uint8Array) {
        rooms.push(into.length / (at + readable))
        const count = Math.min(into.length, readable)
        at += count
        readable = Math.min(40_000, long.length - at)
        return count
      },
    }
    await new FrameStream(stream).read()
    expect(rooms.length).toBeGreaterThan(3)
    expect(Math.max(...rooms)).toBeLessThanOrEqual(2)
  })

  it('reads no more than is asked for', async () => {
    const { stream } = fakeStream([encodeFrames(frame(1), frame(2)), encodeFrames(frame(3))])
    const frames = new FrameStream(stream)
    await frames.read()
    await frames.read()
    expect(stream.read).toHaveBeenCalledTimes(1)
  })

  it('fails at an end within a frame, at invalid bytes, and with the stream', async () => {
    const cut = new FrameStream(fakeStream([encodeFrames(frame(1)).slice(0, 5)]).stream)
    await expect(cut.read()).rejects.toMatchObject({ code: StatusCode.DATA_LOSS })
    const broken = new FrameStream(fakeStream([new Uint8Array(4)]).stream)
    await expect(broken.read()).rejects.toMatchObject({ code: StatusCode.DATA_LOSS })
    const lost = new TransportError('lost', 'gone')
    await expect(new FrameStream(fakeStream([lost]).stream).read()).rejects.toBe(lost)
  })

  it('drains to the end, whatever arrives', async () => {
    const { stream } = fakeStream([new Uint8Array(4), new Uint8Array(9)])
    await new FrameStream(stream).drain()
    expect(stream.read).toHaveBeenCalledTimes(3)
    await new FrameStream(fakeStream([new TransportError('reset', 'x')]).stream).drain()
  })
})

describe('writing frames to a stream', () => {
  it('sends frames that are queued in one turn, or during a write, in one write', async () => {
    const { stream, writes, letThrough } = fakeStream()
    const frames = new FrameStream(stream)
    void frames.queue(FrameFlag.HEADER, Uint8Array.of(1))
    void frames.queue(0, Uint8Array.of(2))
    await turn()
    void frames.queue(0, Uint8Array.of(3))
    void frames.queue(0, Uint8Array.of(4))
    const finished = frames.finish()
    expect(writes).toHaveLength(1)
    letThrough()
    await turn()
    expect(writes.map(({ bytes, finish }) => [framesOf(bytes).map(({ payload }) => payload[0]), finish])).toEqual([
      [[1, 2], false],
      [[3, 4], true],
    ])
    letThrough()
    await finished
    expect(stream.finish).not.toHaveBeenCalled()
  })

  it('finishes without a write if nothing is queued', async () => {
    const { stream, writes } = fakeStream()
    await new FrameStream(stream).finish()
    expect(stream.finish).toHaveBeenCalledTimes(1)
    expect(writes).toEqual([])
  })

  it('has one write pending at a time, and joins no more frames than it must', async () => {
    const { stream, writes, letThrough } = fakeStream()
    const frames = new FrameStream(stream)
    for (let i = 0; i < 5; i++) void frames.queue(0, new Uint8Array(40_000))
    await turn()
    expect(writes.map(({ bytes }) => framesOf(bytes).length)).toEqual([2])
    letThrough()
    await turn()
    letThrough()
    await turn()
    expect(writes.map(({ bytes }) => framesOf(bytes).length)).toEqual([2, 2, 1])
    expect(stream.write).toHaveBeenCalledTimes(3)
  })

  it('returns a promise if the sender should wait, and resolves it when there is room', async () => {
    const { stream, letThrough } = fakeStream()
    const frames = new FrameStream(stream)
    expect(frames.queue(0, new Uint8Array(100))).toBeUndefined()
    const room = frames.queue(0, new Uint8Array(LIMITS.queuedBytes))
    expect(room).toBeInstanceOf(Promise)
    await turn()
    letThrough()
    await room
    expect(frames.queue(0, new Uint8Array(100))).toBeUndefined()
  })

  it('makes the sender of short frames wait for each write of a stream that takes no bytes at once', () => {
    const { stream } = fakeStream()
    const count = (frames: FrameStream): number => {
      for (let i = 1; ; i++) if (frames.queue(0, new Uint8Array(1_019)) !== undefined) return i
    }
    expect(count(new FrameStream(stream))).toBe(64)
    // The first 16 are in the pending write.
    expect(count(new FrameStream({ ...stream, tryWrite: () => false }))).toBe(16 + 256)
    const frames = new FrameStream(stream)
    expect(frames.queue(0, new Uint8Array(LIMITS.queuedBytes - 1_024))).toBeUndefined()
    expect(frames.queue(0, new Uint8Array(100))).toBeInstanceOf(Promise)
  })

  it('reports a failed write once, ends all waits, and drops the rest', async () => {
    const failed = vi.fn()
    const { stream, writes, pending } = fakeStream()
    const frames = new FrameStream(stream, { onFailure: failed })
    void frames.queue(0, new Uint8Array(1))
    await turn()
    const room = frames.queue(0, new Uint8Array(LIMITS.queuedBytes))
    const stopped = new TransportError('stopped', 'x', { code: 7 })
    pending.shift()?.reject(stopped)
    await room
    expect(failed).toHaveBeenCalledExactlyOnceWith(stopped)
    expect(frames.failure).toBe(stopped)
    expect(frames.queue(0, new Uint8Array(1))).toBeUndefined()
    await frames.finish()
    expect(writes).toHaveLength(1)
    expect(failed).toHaveBeenCalledTimes(1)
  })

  it('abandons both halves', async () => {
    const { stream, writes } = fakeStream()
    const frames = new FrameStream(stream)
    void frames.queue(0, new Uint8Array(1))
    frames.abort(3)
    expect(stream.reset).toHaveBeenCalledExactlyOnceWith(3)
    expect(stream.stop).toHaveBeenCalledExactlyOnceWith(3)
    await turn()
    expect(writes).toEqual([])
    expect(frames.failure).toMatchObject({ kind: 'reset' })
    await frames.finish()
  })

  it('refuses a frame after the end', async () => {
    const frames = new FrameStream(fakeStream().stream)
    await frames.finish()
    expect(() => frames.queue(0, new Uint8Array(1))).toThrow(expect.objectContaining({ kind: 'misuse' }))
  })
})

describe('draining', () => {
  let Drained: typeof FrameStream
  beforeEach(async () => {
    vi.useFakeTimers()
    // The module takes the timers when it is loaded.
    vi.resetModules()
    Drained = (await import('./frame-stream.ts')).FrameStream
  })
  afterEach(() => void vi.useRealTimers())

  const limits = { maxBytes: 10, maxMs: 1_000 }

  function listener() {
    const told: string[] = []
    return {
      told,
      onOverdue: () => void told.push('overdue'),
      onDrained: (isStopped: boolean) => void told.push(isStopped ? 'stopped' : 'ended'),
    }
  }

  /** A stream whose reads wait until the test lets bytes arrive. */
  function silentStream() {
    const reads: ((bytes: Uint8Array | undefined) => void)[] = []
    const fake = fakeStream()
    fake.stream.read.mockImplementation(() => new Promise((resolve) => reads.push(resolve)))
    fake.stream.stop.mockImplementation(() => reads.splice(0).forEach((resolve) => resolve(undefined)))
    const come = async (bytes?: Uint8Array): Promise<void> => {
      reads.shift()?.(bytes)
      await vi.advanceTimersByTimeAsync(0)
    }
    return { ...fake, come }
  }

  it('stops a peer that sends more than the limit', async () => {
    const { stream } = fakeStream([new Uint8Array(6), new Uint8Array(5), new Uint8Array(1)])
    const seen = listener()
    await new Drained(stream).drain(limits, seen)
    expect([stream.read.mock.calls.length, stream.stop.mock.calls]).toEqual([2, [[0]]])
    await vi.advanceTimersByTimeAsync(20_000)
    expect([seen.told, vi.getTimerCount()]).toEqual([['stopped'], 0])
  })

  it('stops a peer that does not end in time', async () => {
    const { stream, come } = silentStream()
    const drained = new Drained(stream).drain(limits)
    await vi.advanceTimersByTimeAsync(900)
    await come(new Uint8Array(1))
    expect(stream.stop).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(600)
    await drained
    expect(stream.stop).toHaveBeenCalledTimes(1)
  })

  it('stops a peer that sends after its time is up, or is silent for 10 s more', async () => {
    for (const isSilent of [true, false]) {
      const { stream, come } = silentStream()
      const seen = listener()
      const drained = new Drained(stream).drain(limits, seen)
      await vi.advanceTimersByTimeAsync(1_500)
      expect([seen.told, stream.stop.mock.calls.length]).toEqual([['overdue'], 0])
      if (isSilent) await vi.advanceTimersByTimeAsync(10_500)
      else await come(new Uint8Array(1))
      await drained
      expect([seen.told, stream.stop.mock.calls.length]).toEqual([['overdue', 'stopped'], 1])
    }
  })

  it('reports the end of an overdue stream', async () => {
    const { stream, come } = silentStream()
    const seen = listener()
    const drained = new Drained(stream).drain(limits, seen)
    await vi.advanceTimersByTimeAsync(5_000)
    await come()
    await drained
    await vi.advanceTimersByTimeAsync(20_000)
    expect([seen.told, stream.stop.mock.calls.length]).toEqual([['overdue', 'ended'], 0])
  })

  it('waits as long as bytes arrive if only silence is limited', async () => {
    const { stream, come } = silentStream()
    void new Drained(stream).drain({ maxBytes: 100, maxMs: Infinity, maxIdleMs: 1_000 })
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(900)
      await come(new Uint8Array(1))
    }
    expect(stream.stop).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1_500)
    expect(stream.stop).toHaveBeenCalledTimes(1)
  })

  it('does not report a peer that ends or resets', async () => {
    for (const end of [undefined, new TransportError('reset', 'x')]) {
      const { stream } = fakeStream(end === undefined ? [] : [end])
      const seen = listener()
      await new Drained(stream).drain(limits, seen)
      await vi.advanceTimersByTimeAsync(20_000)
      expect([stream.stop.mock.calls.length, seen.told]).toEqual([0, []])
    }
  })

  it('takes over from a pending read, which ends', async () => {
    const { stream, come } = silentStream()
    const frames = new Drained(stream)
    const read = frames.read()
    const drained = frames.drain(limits)
    await come(encodeFrames(frame(1)))
    expect(await read).toBeUndefined()
    await come()
    await drained
    expect(stream.read).toHaveBeenCalledTimes(2)
  })

  it('drops bytes that the peer does not take in time', async () => {
    const { stream, pending } = fakeStream()
    const seen = listener()
    const frames = new Drained(stream)
    void frames.queue(0, Uint8Array.of(1))
    void frames.finish()
    await frames.drain(limits, seen)
    await vi.advanceTimersByTimeAsync(1_500)
    expect([pending.length, stream.reset.mock.calls.length, seen.told]).toEqual([1, 1, []])
  })
})
