import { expect, it } from 'vitest'
import { forward, RELAY_URL, startRelay, until } from './network.ts'
import { hasMoved, report, startConsumer, startProducer } from './programs.ts'

/** Whether to outlast the cut, or to fail fast and dial again, is the choice of the user. */
it.each([
  ['', {}],
  [' with a short deadPeerMs', { DEAD_PEER_MS: '3000' }],
])('streams, calls and a session go on after a direct path that opens and is cut%s', async (what, env) => {
  await startRelay()
  const producer = startProducer()
  const { ticket, relayUrl } = await producer.start()
  expect(relayUrl).toBe(RELAY_URL)
  const consumer = startConsumer(env)
  await consumer.connect(ticket)
  await consumer.load()
  const before = await until(consumer.progress, hasMoved({ items: 0, calls: 0, sessionCalls: 0, failures: [] }))
  expect(before.failures).toEqual([])

  forward(true)
  let began = performance.now()
  await until(consumer.paths, (paths) => paths.some(({ kind, selected }) => kind === 'direct' && selected))
  const directAfterMs = Math.round(performance.now() - began)
  const direct = await until(consumer.progress, hasMoved(await consumer.progress()))
  expect(direct.failures).toEqual([])

  forward(false)
  began = performance.now()
  const cut = await consumer.progress()
  await until(consumer.progress, hasMoved(cut))
  const onRelayAfterMs = Math.round(performance.now() - began)
  const { wrong, failures, gapMs, answered } = await consumer.endLoad()
  report(`direct path opened and cut${what}`, { directAfterMs, onRelayAfterMs, gapMs, failures })
  expect(wrong).toEqual([])
  const { count, doubled } = await producer.noted()
  expect(doubled).toEqual([])
  expect(count).toBeGreaterThanOrEqual(answered + 1)
  expect(count).toBeLessThanOrEqual(answered + 1 + failures.length)
})
