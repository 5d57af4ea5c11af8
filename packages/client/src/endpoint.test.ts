// The binding and closing of shared endpoints, without sockets.
import { AsterConfig, type ConfigOptions } from '@aster/config'
import { generateKeyPair } from '@aster/identity'
import { IrohTransport } from '@aster/transport-iroh'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { openEndpoint, shareEndpoint, sharedEndpoints } from './endpoint.ts'
import { type ClientSettings, resolveSettings } from './settings.ts'

interface FakeEndpoint {
  readonly closed: boolean
  finishClosing(error?: Error): void
}

let bound: FakeEndpoint[]
let bind: MockInstance<typeof IrohTransport.bind>
beforeEach(() => {
  bound = []
  bind = vi.spyOn(IrohTransport, 'bind').mockImplementation(async () => {
    let closed = false
    let settle = (_error?: Error): void => {}
    const closing = new Promise<void>((resolve, reject) => (settle = (error) => (error ? reject(error) : resolve())))
    bound.push({
      get closed() {
        return closed
      },
      finishClosing: settle,
    })
    return {
      close() {
        closed = true
        return closing
      },
    } as IrohTransport
  })
})
afterEach(() => void vi.restoreAllMocks())

const settingsOf = (options: ConfigOptions = {}): ClientSettings => ({
  config: AsterConfig.from(options),
  addresses: [],
  rootPubkey: undefined,
  credential: undefined,
  warnings: [],
})
const settled = () => new Promise((resolve) => setImmediate(resolve))
const secretKey = new Uint8Array(32).fill(7)

it('counts each user once, however often it releases the endpoint', async () => {
  const users = [await shareEndpoint(settingsOf()), await shareEndpoint(settingsOf())]
  await users[0]?.release()
  await users[0]?.release()
  expect([bound[0]?.closed, bound.length, sharedEndpoints()]).toEqual([false, 1, 1])
  const closing = users[1]?.release()
  expect([bound[0]?.closed, sharedEndpoints()]).toEqual([true, 0])
  bound[0]?.finishClosing()
  await closing
})

it('passes the logger of the client that opens the endpoint to the transport', async () => {
  const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} }
  const users = [await shareEndpoint(settingsOf(), logger), await openEndpoint(settingsOf(), logger)]
  expect(bind.mock.calls.map(([options]) => options?.logger)).toEqual([logger, logger])
  const closing = users.map((user) => user.release())
  for (const endpoint of bound) endpoint.finishClosing()
  await Promise.all(closing)
})

it.each<ConfigOptions>([
  { secretKey },
  { relayMode: 'disabled' },
  { relayMode: 'https://relay.example/' },
  { relayMode: 'https://relay.example/', relayToken: 'one' },
  { relayMode: 'https://relay.example/', relayToken: 'another' },
  { discovery: false },
  { bindAddr: '127.0.0.1:0' },
  { deadPeerMs: 5_000 },
])('is shared by clients with the same settings of it, and by no others: %o', async (options) => {
  const users = [
    await shareEndpoint(settingsOf({ relayMode: 'https://relay.example/', relayToken: 'shared' })),
    await shareEndpoint(settingsOf(options)),
    await shareEndpoint(settingsOf(options)),
  ]
  expect([bound.length, sharedEndpoints()]).toEqual([2, 2])
  const closing = users.map((user) => user.release())
  for (const one of bound) one.finishClosing()
  await Promise.all(closing)
})

describe('while an endpoint closes', () => {
  it.each([
    [{ secretKey }, 1],
    [{ bindAddr: '127.0.0.1:4433' }, 1],
    [{ bindAddr: '[::1]:4433' }, 1],
    [{ bindAddr: '127.0.0.1:0' }, 2],
    [{}, 2],
  ])('the next one is bound after it if it needs the same key or port: %j', async (options, boundMeanwhile) => {
    const settings = settingsOf(options)
    const first = await shareEndpoint(settings)
    const closing = first.release()
    const second = shareEndpoint(settings)
    await settled()
    expect(bound).toHaveLength(boundMeanwhile)
    bound[0]?.finishClosing()
    await closing
    const closingToo = (await second).release()
    expect([bound.length, bound[1]?.closed]).toEqual([2, true])
    bound[1]?.finishClosing()
    await closingToo
    // No endpoint is closing any more, so nothing waits.
    const last = (await shareEndpoint(settings)).release()
    bound[2]?.finishClosing()
    await last
  })

  it('a failure is reported to the client that closed it, and does not block other clients', async () => {
    const settings = settingsOf({ secretKey })
    const closing = (await shareEndpoint(settings)).release()
    const next = shareEndpoint(settings)
    bound[0]?.finishClosing(new Error('broken'))
    await expect(closing).rejects.toThrow('broken')
    const last = (await next).release()
    bound[1]?.finishClosing()
    await last
  })
})

it.each([
  [{ deadPeerMs: 5_000 }, {}, 5_000],
  [{ deadPeerMs: Infinity }, { ASTER_DEAD_PEER_MS: '5000' }, Infinity],
  [{}, { ASTER_DEAD_PEER_MS: 'inf' }, Infinity],
  [{}, {}, undefined],
])(
  'binds with the key, the relay and its token, discovery, the address and the silence of the settings: %o, %o',
  async (own, env, deadPeerMs) => {
    const relay = { relayMode: 'https://relay.example/', relayToken: 'a token', discovery: true }
    const config = AsterConfig.from({ secretKey, ...relay, bindAddr: '127.0.0.1:0' }, env)
    const settings = resolveSettings({ config, endpointAddr: generateKeyPair().publicKey, ...own })
    const endpoints = [await openEndpoint(settings), await shareEndpoint(settings)]
    expect(bind.mock.calls).toEqual(endpoints.map(() => [{ secretKey, ...relay, bindAddr: '127.0.0.1:0', deadPeerMs }]))
    const closing = endpoints.map((endpoint) => endpoint.release())
    for (const one of bound) one.finishClosing()
    await Promise.all(closing)
  },
)
