// The option `admission`, and the behavior of a server during a flood of connections for admission.
import { requestAdmission } from '@aster/admission'
import { AsterConfig } from '@aster/config'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { QueueTransport } from '../test/queue-transport.ts'
import { recordedLogger } from '../test/recorded-logger.ts'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const Item = t.struct('server/Item', { text: t.string })
const echo = implement(defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } }), { echo: (item) => item })
const base = { services: [echo], config: AsterConfig.from({ relayMode: 'disabled' }), allowAllConsumers: true }

async function startServer(options: Partial<AsterServerOptions> = {}) {
  const transport = new QueueTransport()
  const { logger, lines } = recordedLogger()
  const server = new AsterServer({ ...base, transport, logger, ...options })
  await server.start()
  return { server, transport, lines }
}

it.each<[object, string]>([
  [{ maxConnections: 0 }, 'admission.maxConnections: expected an integer from 1, found 0'],
  [{ timeoutMs: -1 }, 'admission.timeoutMs: expected a number above 0, found -1'],
  [{ perAddress: { burst: 0 } }, 'admission.perAddress.burst: expected a number from 1, found 0'],
  [{ timeout: 1 }, 'admission: expected timeoutMs, maxConnections, maxConnectionsPerPeer, perAddress, found timeout'],
])('refuses admission: %j', (admission, message) => {
  expect(() => new AsterServer({ ...base, admission })).toThrow(message)
})

it('passes the option to the desk', async () => {
  const { server, transport } = await startServer({ admission: { timeoutMs: 50, maxConnections: 2 } })
  const [first, second] = [transport.dialAdmission('a'), transport.dialAdmission('b')]
  await vi.advanceTimersByTimeAsync(49)
  const third = transport.dialAdmission('c')
  expect(await first.closed).toMatchObject({ by: 'peer', code: 429 })
  await vi.advanceTimersByTimeAsync(1)
  expect(await second.closed).toMatchObject({ by: 'peer', code: 0 })
  await server.close()
  expect(await third.closed).toMatchObject({ by: 'peer' })
})

it('admits consumers during a flood of silent connections, and logs the flood in few lines', async () => {
  const { server, transport, lines } = await startServer()
  for (let i = 0; i < 3_000; i++) transport.dialAdmission()
  for (let i = 0; i < 10; i++) {
    for (let k = 0; k < 100; k++) transport.dialAdmission()
    const consumer = transport.dialAdmission('alice')
    expect(await requestAdmission(consumer)).toMatchObject({ services: [{ name: 'Echo' }] })
    consumer.close()
  }
  await server.close()
  const dropped = lines.filter(({ message }) => message === 'consumer dropped')
  expect(dropped.length).toBeLessThan(50)
  // Each connection is counted, and `close()` writes the last counts.
  const times = dropped.map(({ fields }) => ('times' in fields ? Number(fields.times) : 1))
  expect(times.reduce((a, b) => a + b, 0)).toBe(4_000)
})
