import { PROTOCOL_VIOLATION } from '@aster/rpc-core/protocol'
import { memoryPair } from '@aster/transport-memory'
import { expect, it } from 'vitest'
import { refuseStreams } from './refuse-streams.ts'

it('closes a connection on which the producer opens a stream, with a reason', async () => {
  const [consumer, producer] = memoryPair()
  refuseStreams(consumer)
  const stream = await producer.openStream()
  stream.write(Uint8Array.of(1)).catch(() => {})
  const reason = 'the producer opened a stream; expected none of it'
  expect(await producer.closed).toEqual({ by: 'peer', code: PROTOCOL_VIOLATION, reason })
  expect(await consumer.closed).toEqual({ by: 'local', code: PROTOCOL_VIOLATION, reason })
})

it('does not affect the streams of the consumer', async () => {
  const [consumer, producer] = memoryPair()
  refuseStreams(consumer)
  const stream = await consumer.openStream()
  await stream.write(Uint8Array.of(1), { finish: true })
  const incoming = await producer.incomingStreams()[Symbol.asyncIterator]().next()
  const bytes = (await incoming.value?.read()) ?? new Uint8Array()
  expect([...bytes]).toEqual([1])
  consumer.close()
})
