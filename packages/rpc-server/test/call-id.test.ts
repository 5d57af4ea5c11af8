import { JsonCodec } from '@aster/codec-json'
import { defineService, type HandlerContext, implement, unary } from '@aster/rpc-core'
import { encodeFrames, FrameFlag, FrameStream, StreamHeader } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { Item } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { expect, it } from 'vitest'

const codec = new JsonCodec()
const Shared = defineService({ name: 'Shared', methods: { sayHello: unary(Item, Item, { wireName: 'hello' }) } })

it('a call without an id gets one', async () => {
  const contexts: HandlerContext[] = []
  const sayHello = (item: Item, context: HandlerContext): Item => {
    contexts.push(context)
    return item
  }
  const [connection, producer] = memoryPair()
  const served = serveConnection(producer, { services: [implement(Shared, { sayHello })], codecs: [codec] })
  const stream = await connection.openStream()
  const header = { service: 'Shared', version: 1, method: 'hello', callId: '', serializationMode: 3 }
  const frames = [
    { flags: FrameFlag.HEADER, payload: codec.encode(StreamHeader, header) },
    { flags: 0, payload: codec.encode(Item, {}) },
  ]
  await stream.write(encodeFrames(...frames), { finish: true })
  await new FrameStream(stream).drain()
  expect(contexts).toMatchObject([{ callId: expect.stringMatching(/./) }])
  connection.close()
  await served.done
})
