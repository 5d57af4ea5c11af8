import { AsterConfig } from '@aster/config'
import { t, unary, defineService, implement } from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'
import { afterEach, expect, it, vi } from 'vitest'
import { AsterServer } from './aster-server.ts'

afterEach(() => void vi.restoreAllMocks())

const Item = t.struct('endpoint/Item', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } })
const services = [implement(Echo, { echo: (item) => item })]
const local = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }

it.each([
  [{ deadPeerMs: 5_000 }, {}, 5_000],
  [{ deadPeerMs: Infinity }, { ASTER_DEAD_PEER_MS: '5000' }, Infinity],
  [{}, { ASTER_DEAD_PEER_MS: 'inf' }, Infinity],
  [{}, {}, undefined],
])('tells the endpoint of each channel how long a consumer may be silent: %o, %o', async (options, env, expected) => {
  const bind = vi.spyOn(IrohTransport, 'bind')
  const config = AsterConfig.fromEnv({ ...local, ...env })
  const server = new AsterServer({
    services,
    config,
    allowAllConsumers: true,
    channels: { bulk: {} },
    ...options,
  })
  await server.start()
  await server.close()
  expect(bind.mock.calls.map(([bound]) => bound?.deadPeerMs)).toEqual([expected, expected])
})

it('refuses a deadPeerMs that is too short', () => {
  const config = AsterConfig.fromEnv(local)
  expect(() => new AsterServer({ services, config, allowAllConsumers: true, deadPeerMs: 999 })).toThrow(
    'deadPeerMs (option deadPeerMs): found the integer 999, expected a whole number of milliseconds from 1000 on',
  )
})

it('passes its logger on, which receives the reason why the addon is not used', async () => {
  const bind = vi.spyOn(IrohTransport, 'bind')
  const config = AsterConfig.fromEnv(local)
  const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} }
  const debug = vi.spyOn(logger, 'debug')
  const server = new AsterServer({ services, config, allowAllConsumers: true, logger })
  await server.start()
  await server.close()
  bind.mock.calls[0]?.[0]?.logger?.debug({ reason: 'it is broken' }, 'not used')
  expect(debug).toHaveBeenCalledWith({ reason: 'it is broken' }, 'not used')
})
