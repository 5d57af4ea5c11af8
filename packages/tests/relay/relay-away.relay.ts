import { expect, it } from 'vitest'
import { pause, RELAY_URL, startRelay, until } from './network.ts'
import { hasMoved, report, startConsumer, startProducer } from './programs.ts'

it('start() stops waiting for a missing relay, and uses a relay that comes later', async () => {
  const producer = startProducer({ ASTER_RELAY_TIMEOUT_MS: '1000' })
  const info = await producer.start()
  expect(info.ms).toBeGreaterThanOrEqual(1_000)
  expect(info.relayUrl).toBeUndefined()
  const message = `${RELAY_URL} was not reached within 1000 ms: until it is, consumers need a direct path`
  expect(info.log).toContainEqual({ level: 'warn', message, relay: RELAY_URL })

  await startRelay()
  const began = performance.now()
  const later = await until(producer.info, ({ events }) => events.length > 0)
  report('relay away at start', { startMs: info.ms, knownAfterMs: Math.round(performance.now() - began) })
  expect(later.events).toEqual([{ channel: 'rpc', relayUrl: RELAY_URL }])
  expect(later.log).toContainEqual({
    level: 'info',
    message: 'the server can be reached through a relay',
    relay: RELAY_URL,
  })
  const { paths } = await startConsumer().connect(later.ticket)
  expect(paths[0]?.kind).toBe('relay')
})

it('calls go on after 5 s without the relay, none lost without an error and none doubled', async () => {
  const relay = await startRelay()
  const producer = startProducer()
  const { ticket, relayUrl } = await producer.start()
  expect(relayUrl).toBe(RELAY_URL)
  const consumer = startConsumer()
  await consumer.connect(ticket)
  await consumer.load()
  await until(consumer.progress, hasMoved({ items: 0, calls: 0, sessionCalls: 0, failures: [] }))
  await relay.stop()
  await pause(5_000)
  await startRelay()
  const began = performance.now()
  const away = await consumer.progress()
  const back = await until(consumer.progress, hasMoved(away))
  const { wrong, failures, gapMs, answered } = await consumer.endLoad()
  report('relay away for 5 s', { backAfterMs: Math.round(performance.now() - began), gapMs, failures: back.failures })
  expect(wrong).toEqual([])
  const { count, doubled } = await producer.noted()
  expect(doubled).toEqual([])
  // The first call is made by connect(). A call that failed may have been received.
  expect(count).toBeGreaterThanOrEqual(answered + 1)
  expect(count).toBeLessThanOrEqual(answered + 1 + failures.length)
})
