import { expect, it } from 'vitest'
import { pause, RELAY_URL, startRelay } from './network.ts'
import { report, startConsumer, startProducer } from './programs.ts'

it('a call that has to dial again takes hardly longer than the dial', async () => {
  const relay = await startRelay()
  const producer = startProducer()
  const { ticket, relayUrl } = await producer.start()
  expect(relayUrl).toBe(RELAY_URL)
  const consumer = startConsumer()
  await consumer.connect(ticket, 30_000)
  await relay.stop()
  await consumer.cut()
  const called = consumer.call()
  called.catch(() => {})
  await pause(3_000)
  await startRelay()
  const { ms, dialMs } = await called
  report('reconnect', { dialMs: Math.round(dialMs), callMs: Math.round(ms) })
  expect(dialMs).toBeGreaterThan(2_000)
  expect(ms).toBeLessThanOrEqual(1.2 * dialMs)
})
