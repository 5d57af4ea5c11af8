// A producer that was reached before it knew its relay.
import { generateKeyPair, generateNonce, signCredential } from '@aster/identity'
import type { NodeAddr } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AdmittingTransport } from '../test/admitting-transport.ts'
import { systemClock } from './backoff.ts'
import { EventHub } from './events.ts'
import { resolveSettings } from './settings.ts'
import { Target } from './target.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const { publicKey: endpointId } = generateKeyPair()
const early: NodeAddr = { endpointId, addresses: ['127.0.0.1:1'] }
const late: NodeAddr = { endpointId, relayUrl: 'https://relay.example/', addresses: ['127.0.0.1:2'] }
const both: NodeAddr = { ...late, addresses: ['127.0.0.1:2', '127.0.0.1:1'] }
const route = { service: 'A', version: 1, channel: 'rpc' }
const oneTime = signCredential(
  { type: 'ott', expiresAt: 2_000_000_000, nonce: generateNonce(), attributes: {} },
  generateKeyPair().secretKey,
)
const FIRST_MS = 4_000

function setUp(configured: NodeAddr = early, offered: NodeAddr = configured) {
  const transport = new AdmittingTransport(offered)
  const closing = new AbortController()
  const events = new EventHub(undefined)
  const seen: string[] = []
  for (const name of ['admitted', 'readmitted', 'lost'] as const) events.on(name, () => seen.push(name))
  const settings = resolveSettings({ endpointAddr: configured.endpointId })
  const target = new Target(configured, {
    transport,
    settings,
    idleTimeoutMs: Infinity,
    clock: systemClock,
    events,
    logger: undefined,
    closing: closing.signal,
    assertConsistent: () => {},
  })
  return { transport, target, closing, seen, settings }
}

it('is asked again, and the next connection goes through the relay too', async () => {
  const { transport, target, seen } = setUp()
  await target.admit()
  await target.acquireLater(route)
  transport.offered = late
  await vi.advanceTimersByTimeAsync(FIRST_MS - 1)
  expect(transport.asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(transport.asked).toHaveLength(2)
  expect(target.address).toEqual(both)
  expect(seen).toEqual(['admitted', 'readmitted'])
  transport.connections[0]?.end({ by: 'network', reason: 'the direct path is gone' })
  await vi.advanceTimersByTimeAsync(0)
  const again = target.acquireLater(route)
  await vi.advanceTimersByTimeAsync(5)
  await again
  expect(transport.dialled).toEqual([early, both])
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(transport.asked).toHaveLength(2)
})

it('is asked at intervals that double up to 10 minutes while it has no relay', async () => {
  const { transport, target } = setUp()
  await target.admit()
  for (let waitMs = FIRST_MS, asked = 1; asked < 12; waitMs = Math.min(2 * waitMs, 600_000), asked++) {
    await vi.advanceTimersByTimeAsync(waitMs - 1)
    expect(transport.asked).toHaveLength(asked)
    await vi.advanceTimersByTimeAsync(1)
  }
})

it('is asked again after it could not be reached for a moment, and the connection stays', async () => {
  const { transport, target, seen } = setUp()
  await target.admit()
  await target.acquireLater(route)
  transport.reachable = false
  await vi.advanceTimersByTimeAsync(FIRST_MS)
  expect(transport.asked).toHaveLength(2)
  expect([target.up, seen]).toEqual([true, ['admitted']])
  transport.reachable = true
  await vi.advanceTimersByTimeAsync(2 * FIRST_MS)
  expect(transport.asked).toHaveLength(3)
})

it('is not asked again after a refusal, and the connection stays', async () => {
  const { transport, target, seen } = setUp()
  await target.admit()
  await target.acquireLater(route)
  transport.admits = false
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(transport.asked).toHaveLength(2)
  expect([target.up, seen]).toEqual([true, ['admitted']])
})

it('is not asked before this side has a relay of its own', async () => {
  const { transport, target } = setUp()
  const { localAddress } = transport
  transport.localAddress = { ...localAddress, relayUrl: undefined }
  await target.admit()
  await vi.advanceTimersByTimeAsync(FIRST_MS)
  expect(transport.asked).toHaveLength(1)
  transport.localAddress = localAddress
  await vi.advanceTimersByTimeAsync(2 * FIRST_MS)
  expect(transport.asked).toHaveLength(2)
})

it('is not asked while it is lost', async () => {
  const { transport, target } = setUp()
  await target.admit()
  await target.acquireLater(route)
  transport.connections[0]?.end({ by: 'network', reason: 'gone' })
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(transport.asked).toHaveLength(1)
})

it('is not asked after the client is closed, and no timer remains', async () => {
  const { transport, target, closing } = setUp()
  await target.admit()
  closing.abort(new Error('closed'))
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(transport.asked).toHaveLength(1)
})

it.each<[string, (made: ReturnType<typeof setUp>) => void]>([
  ['relays are disabled here', ({ transport }) => Object.assign(transport, { usesRelays: false, localAddress: early })],
  ['the relay is known already', ({ transport }) => Object.assign(transport, { offered: late })],
  ['the credential serves once', ({ settings }) => Object.assign(settings, { credential: oneTime })],
])('is not asked if %s', async (_what, change) => {
  const made = setUp()
  change(made)
  await made.target.admit()
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(made.transport.asked).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})

it('is not asked if the address is an endpoint id alone, which is looked up', async () => {
  const { transport, target } = setUp({ endpointId, addresses: [] })
  await target.admit()
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(transport.asked).toHaveLength(1)
})
