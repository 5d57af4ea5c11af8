import { ForyCodec } from '@aster/codec-fory'
import { type Client, createClient, openSession } from '@aster/rpc-client'
import { untilQuiet } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Flow, flowServices, FlowService, FlowSession } from './flow-service.ts'
import { type ServedPair, servePair, type TransportName, transports } from './served-pair.ts'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** The most bytes that a sender may be ahead of its reader. QUIC adds the window of a stream, which is about 1.2 MiB. */
const AHEAD: Record<TransportName, number> = { memory: 1 * MiB, iroh: 3 * MiB }

const SIZE = 16 * KiB
/** The size of all messages together, more than the buffers of both directions hold. */
const COUNT = (7 * MiB) / SIZE

/** Waits until `progress` stops. Over the network this is a guess, and a wrong guess only makes a bound easier to keep. */
async function standstill(progress: () => number, over: TransportName): Promise<void> {
  for (let last = -1; last !== progress();) {
    last = progress()
    await (over === 'memory' ? untilQuiet() : new Promise((resolve) => setTimeout(resolve, 300)))
  }
}

interface Latch {
  readonly opened: Promise<void>
  open(): void
}

function latch(): Latch {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

describe.each(transports)('backpressure over %s', (over) => {
  let flow: Flow
  let pair: ServedPair
  const options = () => ({ connection: pair.client, codec: new ForyCodec() })

  beforeEach(async () => {
    flow = new Flow()
    pair = await servePair(over, { services: flowServices(flow), codecs: [new ForyCodec()] })
  })
  afterEach(() => pair.close())

  describe.each(['shared service', 'session'])('of a %s', (scope) => {
    let calls: Client<typeof FlowService>
    beforeEach(async () => {
      calls = scope === 'session' ? await openSession(FlowSession, options()) : createClient(FlowService, options())
    })

    it('a reader that pauses stops the handler', async () => {
      const stream = calls.down({ size: SIZE, count: COUNT })
      await stream.next()
      await standstill(() => flow.given, over)
      expect(flow.given * SIZE).toBeLessThanOrEqual(AHEAD[over])
      let read = 1
      for await (const { data } of stream) {
        expect(data.length).toBe(SIZE)
        read++
        if (read % 100 === 0) expect((flow.given - read) * SIZE).toBeLessThanOrEqual(AHEAD[over])
      }
      expect(read).toBe(COUNT)
    })

    it('a handler that pauses stops the source', async () => {
      const gate = latch()
      flow.gate = gate.opened
      let given = 0
      const source = function* () {
        for (; given < COUNT; given++) yield { data: new Uint8Array(SIZE) }
      }
      const sum = calls.up(source())
      await standstill(() => given, over)
      expect(given * SIZE).toBeLessThanOrEqual(AHEAD[over])
      gate.open()
      await expect(sum).resolves.toEqual({ messages: COUNT, bytes: COUNT * SIZE })
    })

    it('send resolves when there is room, and both sides of a bidi call stop one another', async () => {
      const gate = latch()
      flow.gate = gate.opened
      await using channel = calls.both()
      let sent = 0
      const sending = (async () => {
        for (; sent < COUNT; sent++) await channel.send({ data: new Uint8Array(SIZE) })
        channel.finish()
      })()
      // The handler takes nothing.
      await standstill(() => sent, over)
      expect(sent).toBeGreaterThan(0)
      expect(sent * SIZE).toBeLessThanOrEqual(AHEAD[over])
      const stuckAt = sent
      // The handler takes requests, and the caller takes no responses: these stop the handler, which then stops the caller.
      gate.open()
      await standstill(() => sent, over)
      expect(sent).toBeGreaterThan(stuckAt)
      expect(flow.given * SIZE).toBeLessThanOrEqual(AHEAD[over])
      expect(sent * SIZE).toBeLessThanOrEqual(2 * AHEAD[over])
      let received = 0
      for await (const { data } of channel) {
        expect(data.length).toBe(SIZE)
        received++
      }
      await sending
      expect([received, sent, flow.taken]).toEqual([COUNT, COUNT, COUNT])
    })
  })
})

/** Calls `check` for every 16 MiB of `bytes`, with how much more memory is in use than in the beginning. */
function meter(): { step(bytes: number): void; readonly peak: number } {
  const used = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const start = used()
  let since = 0
  let peak = 0
  return {
    step(bytes) {
      since += bytes
      if (since < 16 * MiB) return
      since = 0
      peak = Math.max(peak, used() - start)
    },
    get peak() {
      return peak
    },
  }
}

describe('memory that a stream takes', () => {
  it('1 GiB each way over the memory transport takes less than 200 MiB', async () => {
    const pair = await servePair('memory', { services: flowServices(new Flow()), codecs: [new ForyCodec()] })
    const calls = createClient(FlowService, { connection: pair.client, codec: new ForyCodec() })
    const [size, count] = [256 * KiB, GiB / (256 * KiB)]

    const down = meter()
    let read = 0
    for await (const { data } of calls.down({ size, count })) {
      read += data.length
      down.step(data.length)
    }
    expect(read).toBe(GiB)
    expect(down.peak).toBeLessThan(200 * MiB)

    const up = meter()
    const source = function* () {
      for (let i = 0; i < count; i++) {
        up.step(size)
        yield { data: new Uint8Array(size) }
      }
    }
    await expect(calls.up(source())).resolves.toEqual({ messages: count, bytes: GiB })
    expect(up.peak).toBeLessThan(200 * MiB)
    await pair.close()
  }, 180_000)
})
