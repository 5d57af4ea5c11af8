// The limits of time and memory for a consumer that sends slowly or does not read. The consumer writes raw bytes.
import { type ByteStream, type Logger, StatusCode } from '@aster/rpc-core'
import { decodeStatus, encodeFrames, type Frame, FrameFlag, FrameReader, LIMITS } from '@aster/rpc-core/protocol'
import {
  PeerSessions,
  type Refusal,
  type ServedConnection,
  type ServeOptions,
  serveConnection,
} from '@aster/rpc-server'
import { type MemoryConnection, memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Handler, servicesOf, Shared } from './patterns.ts'
import { call, cancel, data, header, json } from './raw-frames.ts'

const { DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED } = StatusCode
const MIB = 2 ** 20
const item = { text: 'one', count: 1 }

let refusals: Refusal[] = []
let lines: string[] = []
const note = (level: string) => (_fields: object, text: string) => void lines.push(`${level} ${text}`)
const logger: Logger = { debug: () => {}, info: note('info'), warn: note('warn'), error: note('error') }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  refusals = []
  lines = []
})
afterEach(() => {
  // A peer alone must not be able to fill the log.
  expect(lines).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Runs all pending work that does not wait for a timer. */
async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function pass(ms: number): Promise<void> {
  await settle()
  vi.advanceTimersByTime(ms)
  await settle()
}

function serve(handler: Handler = () => item, options: Partial<ServeOptions> = {}) {
  const [consumer, producer] = memoryPair({ maxStreams: 2_000 })
  const onRefusal = (refusal: Refusal): void => void refusals.push(refusal)
  const services = servicesOf(handler)
  const served = serveConnection(producer, { services, codecs: [json], onRefusal, logger, ...options })
  return { consumer, served, close: () => close(consumer, served) }
}

async function close(consumer: MemoryConnection, served: ServedConnection): Promise<void> {
  consumer.close()
  await served.done
  await settle()
  expect(served.stats).toEqual({ opening: 0, running: 0, sessions: 0, bufferedBytes: 0 })
}

/** Reads to the end. Returns the status of the trailer, or the code of the reset. */
async function readEnd(
  stream: ByteStream,
  reader = new FrameReader(),
): Promise<{ code: number; message: string } | { reset: number | undefined }> {
  let last: Frame | undefined
  try {
    for (let bytes; (bytes = await stream.read()) !== undefined;) {
      reader.push(bytes)
      for (let frame; (frame = reader.next()) !== undefined;) last = frame
    }
  } catch (error) {
    return { reset: (error as { code?: number }).code }
  }
  const { code, message } = decodeStatus(last?.payload ?? new Uint8Array(0), json, undefined)
  return { code, message }
}

const bytes = (...frames: Frame[]): Uint8Array => encodeFrames(...frames)
const callHeader = (kind: string, deadlineEpochMs = 0): Frame =>
  header({ service: 'Shared', method: Shared.methods[kind as 'unary'].wireName, deadlineEpochMs })
const sessionHeader = (): Frame => header({ service: 'InSession', method: '' })

/** Returns the first five bytes of a frame. */
function head(length: number, flags = 0): Uint8Array {
  const head = new Uint8Array(5)
  new DataView(head.buffer).setUint32(0, length, true)
  head[4] = flags
  return head
}

async function open(consumer: MemoryConnection, ...pieces: Uint8Array[]): Promise<ByteStream> {
  const stream = await consumer.openStream()
  for (const piece of pieces) await stream.write(piece)
  return stream
}

describe('a header', () => {
  it('has 10 s, if nothing arrives, a part, or a byte each second', async () => {
    const { consumer, served, close } = serve()
    const whole = bytes(callHeader('unary'))
    const silent = await consumer.openStream()
    const half = await open(consumer, whole.subarray(0, 20))
    // In QUIC a stream also opens all streams with lower ids.
    const dripping = await open(consumer, whole.subarray(0, 1))
    const ends = [silent, half, dripping].map((stream) => readEnd(stream))
    for (let second = 1; second < 10; second++) {
      await pass(1_000)
      await dripping.write(whole.subarray(second, second + 1))
    }
    await settle()
    expect([served.stats.opening, refusals]).toEqual([3, []])
    await pass(1_000)
    const late = { code: DEADLINE_EXCEEDED, message: expect.stringContaining('within 10 s (headerTimeoutMs)') }
    expect(await Promise.all(ends)).toEqual([{ reset: DEADLINE_EXCEEDED }, late, late])
    expect(refusals.map(({ cause }) => cause)).toEqual(['header', 'header', 'header'])
    expect(served.stats.opening).toBe(0)
    await close()
  })

  it('that arrives in time has no further limit, and the time is an option', async () => {
    const { consumer, close } = serve(() => item, { headerTimeoutMs: 500 })
    const slow = await open(consumer, bytes(callHeader('unary')).subarray(0, 20))
    const session = await open(consumer, bytes(sessionHeader()))
    await pass(500)
    expect(await readEnd(slow)).toMatchObject({ message: expect.stringContaining('within 0.5 s') })
    await pass(3_600_000)
    await session.write(bytes(call({ method: 'unary' }), data(item)))
    expect(await session.read()).toEqual(bytes(data(item)))
    expect(refusals).toHaveLength(1)
    await close()
  })

  it.each([
    ['the first frame, whatever its flags', 0, []],
    ['a HEADER', FrameFlag.HEADER, []],
    ['a CALL', FrameFlag.CALL, [sessionHeader()]],
    ['a CANCEL', FrameFlag.CANCEL, [sessionHeader()]],
  ])('over 64 KiB is refused by its first five bytes: %s', async (_name, flags, before) => {
    const { consumer, served, close } = serve()
    const stream = await open(consumer, ...before.map((frame) => bytes(frame)), head(LIMITS.controlFrame + 1, flags))
    await settle()
    expect(refusals.map(({ cause, message }) => [cause, message])).toEqual([
      ['header', expect.stringContaining('of length 65537 arrived: the limit is 65536')],
    ])
    if (before.length === 0) {
      void stream.finish()
      expect(await readEnd(stream)).toMatchObject({ code: RESOURCE_EXHAUSTED })
    } else expect(await stream.read()).toBeUndefined()
    expect(served.stats.bufferedBytes).toBe(0)
    await close()
  })
})

describe('a frame that has begun', () => {
  it.each(['unary', 'clientStream'])('has 10 s for each byte: %s', async (method) => {
    const handler: Handler = async (requests) => {
      if (Symbol.asyncIterator in Object(requests)) for await (const _ of requests as AsyncIterable<unknown>) continue
      return item
    }
    const { consumer, served, close } = serve(handler)
    const request = bytes(data({ text: 'x'.repeat(100) }))
    const slow = await open(consumer, bytes(callHeader(method)), request.subarray(0, 10))
    const stalled = await open(consumer, bytes(callHeader(method)), head(5 * MIB), new Uint8Array(1_000))
    await settle()
    expect(served.stats.bufferedBytes).toBeGreaterThanOrEqual(5 * MIB)
    for (let at = 10; at < 20; at++) {
      await pass(9_000)
      await slow.write(request.subarray(at, at + 1))
    }
    expect(await readEnd(stalled)).toMatchObject({
      code: DEADLINE_EXCEEDED,
      message: expect.stringContaining('for 10 s (frameTimeoutMs)'),
    })
    await settle()
    expect(served.stats.bufferedBytes).toBeLessThan(100)
    await slow.write(request.subarray(20))
    await slow.finish()
    expect(await readEnd(slow)).toMatchObject({ code: StatusCode.OK })
    expect(refusals.map(({ cause }) => cause)).toEqual(['stalled'])
    await close()
  })

  it('has no limit while the handler does not read', async () => {
    let proceed = (): void => {}
    const paused = new Promise<void>((resolve) => (proceed = resolve))
    let count = 0
    const { consumer, close } = serve(async (requests) => {
      await paused
      for await (const _ of requests as AsyncIterable<unknown>) count++
      return item
    })
    const stream = await consumer.openStream()
    const many = Array.from({ length: 20 }, () => data({ text: 'x'.repeat(10_000) }))
    const sent = stream.write(bytes(callHeader('clientStream'), ...many), { finish: true })
    await pass(60_000)
    proceed()
    await sent
    expect(await readEnd(stream)).toMatchObject({ code: StatusCode.OK })
    expect([count, refusals]).toEqual([20, []])
    await close()
  })
})

const untilLeft: Handler = (_request, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('the data that one connection sends', () => {
  it('takes less than 64 MiB, and the oldest frame goes on', async () => {
    const { consumer, served, close } = serve()
    const length = LIMITS.frameLength
    const streams = await Promise.all(
      Array.from({ length: 40 }, () => open(consumer, bytes(callHeader('unary')), head(length))),
    )
    const half = new Uint8Array(1_000_000).fill(0x20)
    const writes = streams.map((stream) => stream.write(half).catch(() => {}))
    await settle()
    const held = served.stats.bufferedBytes
    expect(held).toBeGreaterThanOrEqual(16 * MIB)
    expect(held).toBeLessThan(32 * MIB)
    // Small calls still work.
    const small = await open(consumer, bytes(callHeader('unary'), data(item)))
    await small.finish()
    expect(await readEnd(small)).toMatchObject({ code: StatusCode.OK })
    // The first frame is read to its end, and then the second has its turn.
    await writes[0]
    await streams[0]?.write(new Uint8Array(length - 1 - half.length).fill(0x20), { finish: true })
    expect(await readEnd(streams[0] as ByteStream)).toMatchObject({
      message: expect.stringContaining('cannot be read'),
    })
    await writes[1]
    expect(refusals).toEqual([])
    // A frame that stalls loses its room to the next frame.
    await pass(10_000)
    await writes[2]
    expect(refusals.map(({ cause }) => cause)).toEqual(['stalled'])
    await close()
  })

  it('is refused when too much of it waits', async () => {
    const { consumer, served, close } = serve()
    for (let i = 0; i < 100; i++) await open(consumer, bytes(callHeader('unary')), head(LIMITS.frameLength))
    await settle()
    expect(new Set(refusals.map(({ cause }) => cause))).toEqual(new Set(['buffer']))
    expect(refusals.length).toBeGreaterThan(20)
    expect(served.stats.bufferedBytes).toBeLessThan(64 * MIB)
    await close()
  })

  it('takes less than 64 MiB in small frames that no handler asks for', async () => {
    const { consumer, served, close } = serve(untilLeft)
    const frames = bytes(
      callHeader('clientStream'),
      ...Array.from({ length: 100 }, () => data({ text: 'x'.repeat(6_000) })),
    )
    for (let i = 0; i < 1_024; i++) void (await consumer.openStream()).write(frames).catch(() => {})
    await settle(50)
    expect(served.stats.running).toBe(1_024)
    expect(served.stats.bufferedBytes).toBeLessThan(64 * MIB)
    await close()
  })
})

describe('a session whose answers are not read', () => {
  const flood = (frame: Frame, count = 20_000): Uint8Array => bytes(...Array.from({ length: count }, () => frame))

  it.each([
    ['CANCEL', cancel],
    ['CALL', call({ method: 'unary' })],
  ])('reads no more: a flood of %s', async (_name, frame) => {
    const { consumer, served, close } = serve()
    const stream = await open(consumer, bytes(sessionHeader()))
    let sent = 0
    const done = (async () => {
      for (;;) {
        await stream.write(flood(frame, 1_000))
        sent += 1_000
      }
    })().catch(() => 'failed')
    await settle(200)
    const before = sent
    await settle(200)
    expect(sent).toBe(before)
    expect(served.stats.bufferedBytes).toBeLessThan(MIB)
    // The consumer reads nothing for 30 s.
    await pass(30_000)
    expect(await done).toBe('failed')
    expect(refusals.map(({ cause }) => cause)).toEqual(['unread'])
    expect(served.stats).toMatchObject({ running: 0, sessions: 0, bufferedBytes: 0 })
    await close()
  })

  it('ends with its consumer, and with the server', async () => {
    const { consumer, served } = serve()
    const left = await open(consumer, bytes(sessionHeader()))
    void left.write(flood(cancel)).catch(() => {})
    const open2 = await open(consumer, bytes(sessionHeader()))
    void open2.write(flood(cancel)).catch(() => {})
    await settle(100)
    expect(served.stats.sessions).toBe(2)
    left.reset(1)
    left.stop(1)
    await settle(100)
    expect(served.stats.sessions).toBe(1)
    await served.close()
    await settle()
    expect(served.stats).toEqual({ opening: 0, running: 0, sessions: 0, bufferedBytes: 0 })
  })

  it('answers each call once the consumer reads', async () => {
    const { consumer, close } = serve()
    const stream = await open(consumer, bytes(sessionHeader()))
    const written = stream.write(flood(cancel, 5_000), { finish: true })
    await settle(100)
    const reader = new FrameReader()
    let answers = 0
    for (let chunk; (chunk = await stream.read()) !== undefined;) {
      reader.push(chunk)
      while (reader.next() !== undefined) answers++
    }
    await written
    expect([answers, refusals]).toEqual([5_000, []])
    await close()
  })
})

describe('an answer that is not read', () => {
  const large = { text: 'x'.repeat(2 * MIB), count: 1 }

  it.each(['unary', 'clientStream'])('ends at the deadline of the call: %s', async (method) => {
    const { consumer, served, close } = serve(() => large)
    const deadline = Math.trunc(performance.timeOrigin + performance.now()) + 2_000
    const stream = await open(consumer, bytes(callHeader(method, deadline), data(item)))
    await stream.finish()
    await settle()
    expect(served.stats.bufferedBytes).toBeGreaterThan(MIB)
    await pass(2_001)
    expect(refusals).toMatchObject([{ cause: 'unread', message: expect.stringContaining('the deadline passed') }])
    expect(served.stats.bufferedBytes).toBe(0)
    expect(await readEnd(stream)).toEqual({ reset: DEADLINE_EXCEEDED })
    await close()
  })

  it.each(['unary', 'clientStream'])(
    'ends after 30 s without progress, and lives while it is read: %s',
    async (method) => {
      const { consumer, served, close } = serve(() => large)
      const slow = await open(consumer, bytes(callHeader(method), data(item)))
      const unread = await open(consumer, bytes(callHeader(method), data(item)))
      await slow.finish()
      await unread.finish()
      const reader = new FrameReader()
      for (let i = 0; i < 5; i++) {
        await pass(20_000)
        reader.push((await slow.read()) ?? new Uint8Array(0))
        reader.next()
      }
      expect(refusals.map(({ cause, message }) => [cause, message])).toEqual([
        ['unread', 'no byte of the answer was taken for 30 s (flushTimeoutMs)'],
      ])
      expect(await readEnd(unread)).toEqual({ reset: DEADLINE_EXCEEDED })
      expect(await readEnd(slow, reader)).toMatchObject({ code: StatusCode.OK })
      await settle()
      expect(served.stats.bufferedBytes).toBe(0)
      await close()
    },
  )

  it.each(['serverStream', 'bidiStream'])(
    'may wait for ever if it is streamed, unless an option says otherwise: %s',
    async (method) => {
      const handler: Handler = async function* () {
        for (;;) yield { text: 'x'.repeat(10_000) }
      }
      const forEver = serve(handler)
      const paused = await open(forEver.consumer, bytes(callHeader(method), data(item)))
      await pass(3_600_000)
      expect([forEver.served.stats.running, refusals]).toEqual([1, []])
      paused.stop(1)
      await forEver.close()
      const bounded = serve(handler, { flushTimeoutMs: 5_000 })
      const unread = await open(bounded.consumer, bytes(callHeader(method), data(item)))
      await pass(5_000)
      expect(refusals.map(({ cause }) => cause)).toEqual(['unread'])
      expect(await readEnd(unread)).toEqual({ reset: DEADLINE_EXCEEDED })
      await bounded.close()
    },
  )

  it('waits for its turn while others take 16 MiB', async () => {
    const { consumer, served, close } = serve(() => ({ text: 'x'.repeat(4 * MIB) }))
    const streams = []
    for (let i = 0; i < 12; i++) {
      const stream = await open(consumer, bytes(callHeader('unary'), data(item)))
      await stream.finish()
      streams.push(stream)
    }
    await settle(50)
    expect(served.stats.bufferedBytes).toBeLessThan(24 * MIB)
    // If the consumer reads, all calls are answered in turn.
    for (const stream of streams) expect(await readEnd(stream)).toMatchObject({ code: StatusCode.OK })
    expect(refusals).toEqual([])
    await close()
  })
})

describe('the sessions of one peer', () => {
  it('are counted over all of its connections', async () => {
    const options = { maxSessionsPerPeer: 2, peerSessions: new PeerSessions() }
    const [a, b] = [serve(() => item, options), serve(() => item, options)]
    const first = await open(a.consumer, bytes(sessionHeader()))
    await open(b.consumer, bytes(sessionHeader()))
    await settle()
    const refused = await open(b.consumer, bytes(sessionHeader(), call({ method: 'unary' })))
    await refused.finish()
    expect(await readEnd(refused)).toEqual({
      code: RESOURCE_EXHAUSTED,
      message: 'the consumer has 2 sessions open: the producer allows no more (maxSessionsPerPeer)',
    })
    expect([refusals.map(({ cause }) => cause), a.served.stats.sessions, b.served.stats.sessions]).toEqual([
      ['sessions'],
      1,
      1,
    ])
    await first.finish()
    await settle()
    const third = await open(b.consumer, bytes(sessionHeader(), call({ method: 'unary' }), data(item)))
    expect(await third.read()).toEqual(bytes(data(item)))
    await a.close()
    await b.close()
  })
})
