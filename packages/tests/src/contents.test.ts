// Messages of all lengths arrive whole and in order while many calls of every pattern run on one connection.
import { ForyCodec } from '@aster/codec-fory'
import { createClient } from '@aster/rpc-client'
import {
  bidiStream,
  type CallOptions,
  clientStream,
  defineService,
  implement,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { IrohTransport } from '@aster/transport-iroh'
import { expect, it } from 'vitest'

const Blob = t.struct('contents/Blob', { seed: t.int32, data: t.bytes })
const Range = t.struct('contents/Range', { seed: t.int32, count: t.int32 })
const Contents = defineService({
  name: 'Contents',
  methods: {
    echo: unary(Blob, Blob),
    down: serverStream(Range, Blob),
    up: clientStream(Blob, Range),
    both: bidiStream(Blob, Blob),
  },
})

/** The lengths from which a message has a random one, in bytes. */
const LONGEST = [100, 5_000, 70_000, 300_000]

/** Returns numbers that look random and depend only on `seed`. */
function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** Returns the message with the number `seed`. */
function blob(seed: number): t.Infer<typeof Blob> {
  const next = numbers(seed)
  const data = new Uint8Array(next() % (LONGEST[next() % LONGEST.length] ?? 1))
  for (let at = 0; at < data.length; at++) data[at] = next()
  return { seed, data }
}

function expectWhole({ seed, data }: t.Infer<typeof Blob>, wanted = seed): void {
  const { data: whole } = blob(wanted)
  if (seed !== wanted || Buffer.compare(data, whole) !== 0)
    expect.fail(`message ${wanted} of ${whole.length} bytes arrived as message ${seed} of ${data.length} bytes`)
}

const blobs = (seed: number, count: number) => Array.from({ length: count }, (_, i) => blob(seed + i))

const service = implement(Contents, {
  echo(one) {
    expectWhole(one)
    return one
  },
  *down({ seed, count }) {
    for (let i = 0; i < count; i++) yield blob(seed + i)
  },
  async up(requests) {
    let first: number | undefined
    let count = 0
    for await (const one of requests) {
      first ??= one.seed
      expectWhole(one, first + count++)
    }
    return { seed: first ?? 0, count }
  },
  async *both(requests) {
    for await (const one of requests) {
      expectWhole(one)
      yield one
    }
  },
})

/** Aborts after some turns of the event loop. */
async function abortAfter(turns: number, controller: AbortController): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  controller.abort()
}

it.each([
  { title: 'all end by themselves', abortedPart: 0 },
  { title: 'some are aborted at any moment', abortedPart: 0.4 },
])(
  'messages of all lengths arrive whole and in order in many calls at once, of which $title',
  async ({ abortedPart }) => {
    const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
    await using consumer = await IrohTransport.bind(options)
    await using producer = await IrohTransport.bind(options)
    const accepted = producer.listen({ alpns: ['aster/1'] })[Symbol.asyncIterator]()
    const connection = await consumer.connect(producer.localAddress, { alpn: 'aster/1' })
    const { value } = await accepted.next()
    const served = serveConnection(value, { services: [service], codecs: [new ForyCodec()], exposeErrors: true })
    const contents = createClient(Contents, { connection, codec: new ForyCodec() })

    const patterns: ((seed: number, count: number, options: CallOptions) => Promise<void>)[] = [
      async (seed, _count, options) => expectWhole(await contents.echo(blob(seed), options), seed),
      async (seed, count, options) => {
        let at = 0
        for await (const one of contents.down({ seed, count }, options)) expectWhole(one, seed + at++)
        expect(at).toBe(count)
      },
      async (seed, count, options) => expect(await contents.up(blobs(seed, count), options)).toEqual({ seed, count }),
      async (seed, count, options) => {
        await using channel = contents.both(options)
        async function send(): Promise<void> {
          for (const one of blobs(seed, count)) await channel.send(one)
          channel.finish()
        }
        async function receive(): Promise<void> {
          for (let at = 0; at < count; at++)
            expectWhole((await channel.recv()) ?? expect.fail('an early end'), seed + at)
        }
        await Promise.all([send(), receive()])
      },
    ]

    const next = numbers(1)
    let calls = 120
    async function callUntilEnd(): Promise<void> {
      while (calls-- > 0) {
        const [pattern, seed, count, turns] = [
          patterns[next() % 4],
          next() % 1_000_000,
          1 + (next() % 12),
          next() % 200,
        ]
        const isAborted = next() % 1_000 < abortedPart * 1_000
        const controller = new AbortController()
        const called = pattern?.(seed, count, { signal: controller.signal })
        if (isAborted) void abortAfter(turns, controller)
        await called?.catch((error: unknown) => {
          if (!isAborted) throw error
          expect(error).toMatchObject({ code: StatusCode.CANCELLED })
        })
      }
    }
    await Promise.all(Array.from({ length: 12 }, callUntilEnd))
    connection.close()
    await served.done
  },
  120_000,
)
