// Consumers that do not end their side of a stream after the last answer.
import { JsonCodec } from '@aster/codec-json'
import { clientStream, defineService, implement, RpcError, StatusCode, t, unary } from '@aster/rpc-core'
import { encodeFrames, type Frame, FrameFlag, FrameStream, StreamHeader } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { expect, it } from 'vitest'

const codec = new JsonCodec()
const Item = t.struct('test/Unfinished', { count: t.int })
const Counter = defineService({ name: 'Counter', methods: { echo: unary(Item, Item), sum: clientStream(Item, Item) } })

/** A producer that serves one stream at a time, and its consumer. */
function setUp() {
  const [connection, producer] = memoryPair()
  const services = [
    implement(Counter, {
      echo: (item) => item,
      sum: () => {
        throw new RpcError(StatusCode.ABORTED, 'enough')
      },
    }),
  ]
  serveConnection(producer, { services, codecs: [codec], maxConcurrentStreams: 1 })
  const header = (method: string): Frame => {
    const fields = { service: 'Counter', version: 1, method, callId: '', serializationMode: 3 }
    return { flags: FrameFlag.HEADER, payload: codec.encode(StreamHeader, fields) }
  }
  const item = { flags: 0, payload: codec.encode(Item, { count: 1 }) }
  const begin = async (method: string) => {
    const stream = await connection.openStream()
    await stream.write(encodeFrames(header(method), item))
    return { stream, frames: new FrameStream(stream) }
  }
  return { begin, item: encodeFrames(item) }
}

it('do not keep other calls from being served', async () => {
  const { begin } = setUp()
  const first = await begin('echo')
  expect(await first.frames.read()).toMatchObject({ flags: 0 })
  const second = await begin('echo')
  // The first call has ended, but the consumer never finishes its side.
  expect(await second.frames.read()).toMatchObject({ flags: 0 })
})

it('are told to stop if they send more', async () => {
  const { begin } = setUp()
  const { stream } = await begin('echo')
  const sendForEver = async (): Promise<never> => {
    for (;;) await stream.write(new Uint8Array(10_000))
  }
  await expect(sendForEver()).rejects.toMatchObject({ kind: 'stopped' })
})

it('may send the rest of their requests after an early error', async () => {
  const { begin, item } = setUp()
  const { stream, frames } = await begin('sum')
  const rest = new Uint8Array(item.length * 1_000)
  for (let i = 0; i < 1_000; i++) rest.set(item, i * item.length)
  for (let sent = 0; sent < 1_000_000; sent += rest.length) await stream.write(rest.slice())
  await stream.finish()
  expect((await frames.read())?.flags).toBe(FrameFlag.TRAILER)
})
