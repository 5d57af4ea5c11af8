import { expect, it } from 'vitest'
import { forward, startRelay, until } from './network.ts'
import { hasMoved, report, startConsumer, startProducer } from './programs.ts'

it('a consumer that started before the relay finds the producer through the relay', async () => {
  await startRelay()
  forward(true)
  const producer = startProducer({ ASTER_RELAY_TIMEOUT_MS: '0' })
  const early = await producer.start()
  expect(early.relayUrl).toBeUndefined()
  const consumer = startConsumer()
  const { paths } = await consumer.connect(early.ticket)
  expect(paths.map(({ kind }) => kind)).toEqual(paths.map(() => 'direct'))
  await until(producer.info, ({ relayUrl }) => relayUrl !== undefined)
  await consumer.load()
  // The client takes some seconds to renew the address.
  await until(consumer.progress, ({ calls }) => calls > 1_000)
  forward(false)
  const began = performance.now()
  await until(consumer.progress, hasMoved(await consumer.progress()))
  const { wrong, failures } = await consumer.endLoad()
  report('early consumer', { onRelayAfterMs: Math.round(performance.now() - began), failures })
  expect(wrong).toEqual([])
})
