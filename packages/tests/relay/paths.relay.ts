import { expect, it } from 'vitest'
import { forward, RELAY_URL, startRelay, until } from './network.ts'
import { hasMoved, report, startConsumer, startProducer } from './programs.ts'

/** The options with which the user chooses whether to outlast a cut, or to fail fast and dial again. */
it.each([
  ['', {}, false],
  [' with a short deadPeerMs', { DEAD_PEER_MS: '3000' }, true],
])('streams, calls and a session go on after a direct path that opens and is cut%s', async (what, env, fails) => {
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
  const kinds = (await consumer.paths()).map(({ kind }) => kind)
  await until(consumer.progress, hasMoved(cut))
  const onRelayAfterMs = Math.round(performance.now() - began)
  const { wrong, failures, gapMs, answered } = await consumer.endLoad()
  report(`direct path opened and cut${what}`, { directAfterMs, onRelayAfterMs, gapMs, kinds, failures })
  expect(wrong).toEqual([])
  expect(failures.length > 0).toBe(fails)
  const { count, doubled } = await producer.noted()
  expect(doubled).toEqual([])
  expect(count).toBeGreaterThanOrEqual(answered + 1)
  expect(count).toBeLessThanOrEqual(answered + 1 + failures.length)
})
