import type { ByteStream } from '@aster/rpc-core'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { EventKind } from '../src/rings/kinds.ts'
import { RingConnection } from '../src/rings/ring-connection.ts'
import { RingStream } from '../src/rings/ring-stream.ts'
import { type Owner, Rings } from '../src/rings/rings.ts'
import { FakeNet } from './fake-net.ts'

const onFault = (error: unknown): never => {
  throw error
}

function setup(batch?: number): { net: FakeNet; rings: Rings } {
  const net = new FakeNet(batch === undefined ? {} : { batch })
  return { net, rings: new Rings(net.addon, onFault) }
}

const quiet = { onFinish() {}, onOver() {} }
/** Waits longer than the microtasks of any operation of the transport. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('Rings', () => {
  it('passes no event to the next owner of a slot, and releases the handles of an owner that is gone', () => {
    const { net, rings } = setup()
    const [old, next] = [(1 << 20) | 5, (2 << 20) | 5]
    const seen: number[] = []
    const owner = (handle: number): Owner => ({ handle, onEvent: (kind) => void seen.push(handle, kind) })
    rings.add(owner(next))
    net.event(EventKind.DATA, old)
    net.event(EventKind.STREAM, old, 77)
    net.event(EventKind.ACCEPTED, old, 78)
    net.event(EventKind.OPENABLE, next, 1)
    net.wake()
    expect(seen).toEqual([next, EventKind.OPENABLE])
    expect(net.released).toEqual([77, 78])
  })

  it('releases a handle once, and only for its owner', () => {
    const { net, rings } = setup()
    const [first, second] = [(1 << 20) | 5, (2 << 20) | 5].map((handle): Owner => ({ handle, onEvent() {} })) as [
      Owner,
      Owner,
    ]
    rings.add(first)
    rings.release(first)
    rings.release(first)
    rings.add(second)
    rings.release(first)
    expect(net.released).toEqual([first.handle])
  })

  it('continues after an owner that throws', () => {
    const net = new FakeNet()
    const faults: unknown[] = []
    const rings = new Rings(net.addon, (error) => {
      faults.push(error)
      throw new Error('so does this')
    })
    const failure = new Error('an owner failed')
    const seen: number[] = []
    rings.add({
      handle: (1 << 20) | 1,
      onEvent() {
        throw failure
      },
    })
    rings.add({ handle: (1 << 20) | 2, onEvent: (kind) => void seen.push(kind) })
    net.event(EventKind.DONE, (1 << 20) | 1)
    net.event(EventKind.DONE, (1 << 20) | 2)
    net.wake()
    expect([faults, seen]).toEqual([[failure], [EventKind.DONE]])
  })

  describe('with few streams', () => {
    const small = new Uint8Array(100)
    const flushes = (net: FakeNet): number => net.calls.filter(([name]) => name === 'flush').length
    function connected(): { net: FakeNet; connection: RingConnection; open: (count: number) => ByteStream[] } {
      const { net, rings } = setup()
      const connection = new RingConnection(net.handle(), rings)
      net.event(EventKind.OPENABLE, connection.handle, 10)
      net.wake()
      const open = (count: number) => Array.from({ length: count }, () => connection.tryOpenStream() as ByteStream)
      return { net, connection, open }
    }

    it('sends the first small write after events at once, and the others together', async () => {
      const { net, open } = connected()
      const [stream] = open(1) as [ByteStream]
      expect(flushes(net)).toBe(0)
      stream.tryWrite?.(small)
      expect(flushes(net)).toBe(1)
      stream.tryWrite?.(small)
      stream.tryWrite?.(small)
      expect(flushes(net)).toBe(1)
      await settle()
      expect(flushes(net)).toBe(2)
      net.wake()
      stream.tryWrite?.(small)
      expect(flushes(net)).toBe(3)
      await settle()
      expect(flushes(net)).toBe(3)
    })

    it('sends eight writes, or 16 KiB, at once', async () => {
      const { net, open } = connected()
      const [one, ...others] = open(8) as [ByteStream, ...ByteStream[]]
      for (const stream of others) stream.tryWrite?.(small)
      expect(flushes(net)).toBe(0)
      one.tryWrite?.(small)
      expect(flushes(net)).toBe(1)
      for (const stream of others) stream.tryWrite?.(small)
      one.tryWrite?.(new Uint8Array(15_000))
      expect(flushes(net)).toBe(2)
      one.tryWrite?.(new Uint8Array(16_384))
      expect(flushes(net)).toBe(3)
      one.tryWrite?.(small)
      await settle()
      expect(flushes(net)).toBe(4)
    })

    it('sends a large write, and those of many streams, at the end of the turn', async () => {
      const large = connected()
      large.open(1)[0]?.tryWrite?.(new Uint8Array(10_000))
      const many = connected()
      for (const stream of many.open(3)) stream.tryWrite?.(small)
      expect([flushes(large.net), flushes(many.net)]).toEqual([0, 0])
      await settle()
      expect([flushes(large.net), flushes(many.net)]).toEqual([1, 1])
    })

    it('opens the last stream that can be opened at the end of the turn', async () => {
      const { net, open } = connected()
      open(9)
      await settle()
      expect(flushes(net)).toBe(0)
      open(1)
      await settle()
      expect(flushes(net)).toBe(1)
    })

    it('counts streams until they have ended', async () => {
      const { net, connection, open } = connected()
      for (const stream of open(3)) {
        stream.reset(0)
        stream.stop(0)
      }
      await settle()
      const before = flushes(net)
      open(1)[0]?.tryWrite?.(small)
      expect(flushes(net)).toBe(before + 1)
      open(2)
      connection.close()
      await settle()
    })
  })

  it('copies bytes that wait for a reader instead of keeping a full slab', async () => {
    const { net, rings } = setup()
    const [idle, busy] = [new RingStream(net.handle(), rings, quiet), new RingStream(net.handle(), rings, quiet)]
    net.data(idle.handle, Uint8Array.of(1, 2, 3))
    net.wake()
    let last = (await idle.read(1)) as Uint8Array
    const { buffer } = last
    for (let sent = 0; last.buffer === buffer || sent === 0; sent += last.length) {
      expect(sent).toBeLessThan(1_000_000)
      net.data(busy.handle, new Uint8Array(4096))
      net.wake()
      last = (await busy.read()) as Uint8Array
    }
    const rest = (await idle.read()) as Uint8Array
    expect([...rest]).toEqual([2, 3])
    expect(rest.buffer.byteLength).toBe(2)
  })

  it('has slabs that cannot be transferred to another thread', async () => {
    const { net, rings } = setup()
    const stream = new RingStream(net.handle(), rings, quiet)
    net.data(stream.handle, Uint8Array.of(1))
    net.wake()
    const { buffer } = (await stream.read()) as Uint8Array<ArrayBuffer>
    try {
      structuredClone(buffer, { transfer: [buffer] })
    } catch {
      // Newer versions of Node throw, older ones copy.
    }
    expect(buffer.byteLength).toBeGreaterThan(0)
  })

  it('allows the process to exit when nothing is held', () => {
    const { rings } = setup()
    const timers = vi.spyOn(globalThis, 'clearInterval')
    const [first, second] = [rings.hold(), rings.hold()]
    first()
    first()
    expect(timers).not.toHaveBeenCalled()
    second()
    expect(timers).toHaveBeenCalledTimes(1)
    timers.mockRestore()
  })
})

type Step =
  | { readonly type: 'data'; readonly length: number }
  | { readonly type: 'read'; readonly maxBytes: number }
  | { readonly type: 'wake' }
  | { readonly type: 'write'; readonly length: number }
  | { readonly type: 'wrote' }
  | { readonly type: 'end' | 'peerReset' | 'peerStop' | 'closed' }
  | { readonly type: 'finish' | 'reset' | 'stop' }

const lengths = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(4096, 4097, 65_536, 100_000))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('data' as const), length: lengths }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('read' as const), maxBytes: lengths }) },
  { weight: 4, arbitrary: fc.constant({ type: 'wake' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('write' as const),
      length: fc.constantFrom(0, 1, 65_536, 300_000, 700_000),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ type: 'wrote' } as const) },
  fc.record({ type: fc.constantFrom('end' as const, 'peerReset' as const, 'peerStop' as const, 'closed' as const) }),
  fc.record({ type: fc.constantFrom('finish' as const, 'reset' as const, 'stop' as const) }),
)

describe('RingStream', () => {
  it('loses, repeats and reorders no byte, settles every promise, and releases its handle once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(1, 3, Infinity), async (steps, batch) => {
        const { net, rings } = setup(batch)
        const connection = new RingConnection(net.handle(), rings)
        net.event(EventKind.OPENABLE, connection.handle, 1)
        // Empties the ring even if one drain returns few events: the addon would wake JavaScript again.
        const drain = (): void => {
          for (let i = 0; i < 60; i++) net.wake()
        }
        drain()
        const stream = (await connection.openStream()) as RingStream
        const [sent, read, pending]: [number[], number[], Promise<unknown>[]] = [[], [], []]
        let [isPeerDone, isClosed, isReadDone, isReading] = [false, false, false, false]
        let toldBytes = 0
        const startRead = (maxBytes: number): void => {
          if (isReading) return
          isReading = true
          const reading = stream.read(maxBytes).then(
            (bytes) => {
              isReading = false
              if (bytes === undefined) return void (isReadDone = true)
              expect(bytes.length).toBeGreaterThan(0)
              expect(bytes.length).toBeLessThanOrEqual(maxBytes)
              read.push(...bytes)
            },
            (error: unknown) => {
              isReading = false
              isReadDone = true
              expect(error).toMatchObject({ name: 'TransportError', kind: expect.stringMatching(/^(reset|closed)$/) })
            },
          )
          pending.push(reading)
        }
        const tellWrites = (): void => {
          const total = (net.written.get(stream.handle) ?? []).reduce((sum, { length }) => sum + length, 0)
          if (total > toldBytes) net.event(EventKind.WROTE, stream.handle, total - toldBytes)
          toldBytes = total
        }
        const perform: { readonly [T in Step['type']]: (of: Extract<Step, { type: T }>) => void } = {
          data({ length }) {
            if (isPeerDone || isClosed) return
            const bytes = Uint8Array.from({ length }, (_, i) => (sent.length + i) % 251)
            sent.push(...bytes)
            net.data(stream.handle, bytes)
          },
          read: ({ maxBytes }) => startRead(maxBytes),
          wake: drain,
          write({ length }) {
            pending.push(
              stream
                .write(new Uint8Array(length))
                .catch((error: unknown) => expect(error).toMatchObject({ name: 'TransportError' })),
            )
          },
          wrote: tellWrites,
          end() {
            if (!isPeerDone && !isClosed) net.event(EventKind.END, stream.handle)
            isPeerDone = true
          },
          peerReset() {
            if (!isPeerDone && !isClosed) net.event(EventKind.RESET, stream.handle, 9)
            isPeerDone = true
          },
          peerStop() {
            if (!isClosed) net.event(EventKind.STOPPED, stream.handle, 8)
          },
          closed() {
            if (!isClosed) net.event(EventKind.CLOSED, connection.handle)
            isClosed = true
          },
          finish: () => void pending.push(stream.finish().catch(() => {})),
          reset: () => stream.reset(1),
          stop() {
            stream.stop(2)
            isReadDone = true
          },
        }
        for (const one of steps) {
          perform[one.type](one as never)
          // Some steps share one turn.
          if (one.type === 'wake' || one.type === 'read') await settle()
        }
        // The peer takes all bytes, and all streams end.
        for (let i = 0; i < 20; i++) {
          tellWrites()
          drain()
          await settle()
        }
        perform.end({ type: 'end' } as never)
        drain()
        await settle()
        while (!isReadDone) {
          startRead(1_000)
          await settle()
        }
        stream.reset(3)
        stream.stop(3)
        if (!isClosed) net.event(EventKind.CLOSED, connection.handle)
        drain()
        await Promise.all(pending)
        expect(Buffer.compare(Buffer.from(read), Buffer.from(sent.slice(0, read.length)))).toBe(0)
        expect(net.released.length).toBe(2)
        expect(new Set(net.released)).toEqual(new Set([stream.handle, connection.handle]))
        await connection.closed
      }),
      { numRuns: 150 },
    )
  })

  const open = (): { net: FakeNet; stream: RingStream } => {
    const { net, rings } = setup()
    return { net, stream: new RingStream(net.handle(), rings, quiet) }
  }

  it('counts the bytes that can be read at once, here and in the addon', async () => {
    const { net, stream } = open()
    expect(stream.readableBytes).toBe(0)
    for (const size of [10, 20, 5_000]) net.data(stream.handle, new Uint8Array(size))
    net.wake()
    expect(stream.readableBytes).toBe(5_030)
    await stream.read(4)
    expect(stream.readableBytes).toBe(5_026)
    expect(stream.tryReadInto({ onReadable() {} }, new Uint8Array(1_000))).toBe(1_000)
    expect(stream.readableBytes).toBe(4_026)
    stream.stop(0)
    expect(stream.readableBytes).toBe(0)
  })

  it('reads only bytes that it has been told of, in the order of the events', () => {
    const { net, stream } = open()
    const reads: unknown[] = []
    const into = new Uint8Array(100_000)
    const waiter = {
      onReadable() {
        reads.push([stream.tryReadInto(waiter, into), stream.readableBytes])
        stream.tryReadInto(waiter, into)
      },
    }
    expect(stream.tryReadInto(waiter, into)).toBeUndefined()
    for (const size of [5_000, 6_000, 10]) net.data(stream.handle, new Uint8Array(size))
    net.wake()
    expect(reads).toEqual([5_000, 6_000, 10].map((size) => [size, 0]))
  })

  it('drops bytes that were on their way when the reader stopped', async () => {
    const { net, stream } = open()
    stream.stop(1)
    net.data(stream.handle, Uint8Array.of(1))
    net.data(stream.handle, new Uint8Array(5000))
    net.wake()
    expect(await stream.read()).toBeUndefined()
    await stream.finish()
    expect(net.released).toEqual([stream.handle])
  })

  it('releases its handle if the reader stops before bytes that have arrived, and before the end', async () => {
    const { net, stream } = open()
    net.data(stream.handle, new Uint8Array(5000))
    net.event(EventKind.END, stream.handle)
    net.wake()
    await stream.finish()
    expect(net.released).toEqual([])
    stream.stop(1)
    expect(await stream.read()).toBeUndefined()
    expect(net.released).toEqual([stream.handle])
  })

  it('rejects a waiting write if the half fails in the turn in which it gets room', async () => {
    const { net, stream } = open()
    const writing = stream.write(new Uint8Array(1_000_000))
    net.event(EventKind.WROTE, stream.handle, 262_144)
    net.event(EventKind.STOPPED, stream.handle, 4)
    net.wake()
    await expect(writing).rejects.toMatchObject({ kind: 'stopped', code: 4 })
    expect(net.calls.filter(([name]) => name === 'write').length).toBe(2)
  })

  it('fails later writes with the local reset, whatever the peer did in the meantime', async () => {
    const { net, stream } = open()
    net.event(EventKind.STOPPED, stream.handle, 4)
    net.wake()
    stream.reset(5)
    await expect(stream.write(Uint8Array.of(1))).rejects.toMatchObject({ kind: 'reset', code: 5 })
  })

  it('ends a read after a stop, even if the peer has reset the stream in the meantime', async () => {
    const { net, stream } = open()
    net.event(EventKind.RESET, stream.handle, 4)
    net.wake()
    stream.stop(5)
    expect(await stream.read()).toBeUndefined()
  })

  it('returns bytes that arrived before the connection was lost, without its handle', async () => {
    const { net, rings } = setup()
    const connection = new RingConnection(net.handle(), rings)
    net.event(EventKind.STREAM, connection.handle, (1 << 20) | 900)
    net.data((1 << 20) | 900, new Uint8Array(5000).fill(7))
    net.event(EventKind.CLOSED, connection.handle)
    net.wake()
    expect(net.released).toEqual([(1 << 20) | 900, connection.handle])
    const incoming = connection.incomingStreams()[Symbol.asyncIterator]()
    const stream = (await incoming.next()).value as ByteStream
    expect((await stream.read())?.length).toBe(5000)
    await expect(stream.read()).rejects.toMatchObject({ kind: 'closed' })
    await expect(stream.read()).rejects.toMatchObject({ kind: 'closed' })
  })
})

describe('RingConnection', () => {
  it('abandons streams that were not taken when the loop over them is left, and streams that arrive later', async () => {
    const { net, rings } = setup()
    const connection = new RingConnection(net.handle(), rings)
    const [taken, left, late] = [(1 << 20) | 901, (1 << 20) | 902, (1 << 20) | 903]
    net.event(EventKind.STREAM, connection.handle, taken)
    net.event(EventKind.STREAM, connection.handle, left)
    net.wake()
    for await (const _ of connection.incomingStreams()) break
    net.event(EventKind.STREAM, connection.handle, late)
    net.wake()
    expect(net.released).toEqual([left, late])
    expect(net.calls).toEqual(
      [left, late].flatMap((handle) => [
        ['reset', handle, 0],
        ['stop', handle, 0],
      ]),
    )
  })

  it('opens no stream while no path is left, and opens the waiting ones once there is a path again', async () => {
    const { net, rings } = setup()
    const connection = new RingConnection(net.handle(), rings)
    net.event(EventKind.OPENABLE, connection.handle, 2)
    net.event(EventKind.PATHS, connection.handle, 0)
    net.wake()
    let opened = 0
    const count = (): void => void (opened += 1)
    const opening = [connection.openStream().then(count), connection.openStream().then(count)]
    expect(connection.tryOpenStream()).toBeUndefined()
    await settle()
    expect(opened).toBe(0)

    net.event(EventKind.PATHS, connection.handle, 1)
    net.wake()
    await Promise.all(opening)
    expect(connection.tryOpenStream()).toBeUndefined()
    net.event(EventKind.OPENABLE, connection.handle, 1)
    net.wake()
    expect(connection.tryOpenStream()).toBeDefined()
  })

  it('waits until the last finish is sent, also while the stream is still read', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const { net, rings } = setup()
    const connection = new RingConnection(net.handle(), rings)
    net.event(EventKind.OPENABLE, connection.handle, 1)
    net.wake()
    const stream = await connection.openStream()
    await stream.write(Uint8Array.of(1), { finish: true })
    let isFlushed = false
    const flushed = connection.flush().then(() => (isFlushed = true))
    await settle()
    expect(isFlushed).toBe(false)
    connection.close()
    await flushed
  })
})
