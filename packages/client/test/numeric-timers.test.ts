// Timers of jsdom and of Electron's renderers are numbers without `unref`, as in a browser.
import type { AsterClient } from '@aster/client'
import { formatTicket, generateKeyPair } from '@aster/identity'
import { StatusCode } from '@aster/rpc-core'
import {
  collect,
  CounterService,
  counterService,
  EchoService,
  echoService,
  failure,
  numbered,
} from '@aster/test-services'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useLoopback } from './loopback.ts'

const { connect, startServer } = useLoopback()
/** The number of timers that were set. */
let count = 0

beforeEach(() => {
  count = 0
  const timers = new Map<number, NodeJS.Timeout>()
  const numeric =
    (set: (...args: Parameters<typeof setTimeout>) => NodeJS.Timeout) =>
    (...args: Parameters<typeof setTimeout>): number => {
      timers.set(++count, set(...args))
      return count
    }
  const clear = clearTimeout
  const clearNumeric = (timer?: number | NodeJS.Timeout): void => {
    // Code that ends now may clear a timer that it set before.
    clear(typeof timer === 'object' ? timer : timers.get(timer ?? 0))
  }
  vi.stubGlobal('setTimeout', numeric(setTimeout))
  vi.stubGlobal('setInterval', numeric(setInterval))
  vi.stubGlobal('clearTimeout', clearNumeric)
  vi.stubGlobal('clearInterval', clearNumeric)
})
// Hooks run in reverse order, so servers and clients clear their timers while timers are still numbers.
afterEach(() => void vi.unstubAllGlobals())

async function makeCalls(client: AsterClient): Promise<void> {
  const echo = await client.client(EchoService)
  expect(await echo.echo({ text: 'a' }, { timeoutMs: 60_000 })).toEqual({ text: 'a', count: 0 })
  expect(await collect(echo.countUp({ count: 2 }))).toHaveLength(2)
  for await (const _ of echo.endless({})) break
  expect(await echo.addUp(numbered(3))).toMatchObject({ text: 'sum' })
  const chat = echo.chat()
  await chat.send({ text: 'x' })
  expect(await chat.recv()).toMatchObject({ text: 'echo x' })
  chat.finish()
  expect(await failure(echo.wait({}, { timeoutMs: 5 }))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  const left = new AbortController()
  const waiting = failure(echo.wait({}, { signal: left.signal }))
  left.abort()
  expect(await waiting).toMatchObject({ code: StatusCode.CANCELLED })
  const session = await client.session(CounterService)
  expect(await session.add({ count: 2 })).toMatchObject({ count: 2 })
  await session.close()
}

it('calls in every pattern, with deadlines, aborts and sessions', async () => {
  const server = await startServer({ services: [echoService(), counterService()], allowAllConsumers: true })
  const client = await connect(server.address)
  await makeCalls(client)
  expect(count).toBeGreaterThan(0)
  await client.close()
  await server.close()
})

it('fails over to another producer, and connects again', async () => {
  const nobody = formatTicket({ endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:9'] })
  const first = await startServer({ services: [echoService(), counterService()], allowAllConsumers: true })
  const second = await startServer({ services: [echoService(), counterService()], allowAllConsumers: true })
  const client = await connect([nobody, first.address, second.address], { connectTimeoutMs: 2_000 })
  await makeCalls(client)
  await first.close()
  const echo = await client.client(EchoService)
  await expect.poll(() => echo.echo({ text: 'again' }).catch(() => undefined)).toMatchObject({ text: 'again' })
})
