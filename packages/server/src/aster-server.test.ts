import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AsterConfig, ConfigError } from '@aster/config'
import { generateKeyPair } from '@aster/identity'
import { AsterError, defineService, implement, type Logger, t, unary } from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'
import { afterEach, describe, expect, it } from 'vitest'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

const Item = t.struct('server/Item', { text: t.string })

const echo = (name: string, version = 1) =>
  implement(defineService({ name, version, methods: { echo: unary(Item, Item) } }), { echo: (item) => item })

const local = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

function serverOf(options: Partial<AsterServerOptions> = {}): AsterServer {
  const server = new AsterServer({
    services: [echo('Echo')],
    config: AsterConfig.from(local),
    allowAllConsumers: true,
    ...options,
  })
  open.push(server)
  return server
}

describe('a new server', () => {
  it.each([
    ['none', [{}], 'expected a service'],
    ['the same twice', [echo('A'), echo('B'), echo('A')], 'service A v1 is given twice'],
  ])('refuses services of which there is %s', (_what, services, message) => {
    expect(() => serverOf({ services })).toThrow(AsterError)
    expect(() => serverOf({ services })).toThrow(message)
  })

  it('offers every service and version, at one address', async () => {
    const server = serverOf({ services: [echo('A'), echo('A', 2), echo('B')], channelName: 'calls' })
    await server.start()
    expect(server.services.map(({ name, version }) => `${name} v${version}`)).toEqual(['A v1', 'A v2', 'B v1'])
    for (const { channels } of server.services) expect(channels).toEqual({ calls: server.endpointAddr })
  })

  it('logs suspicious settings', () => {
    const warnings: string[] = []
    const logger: Logger = {
      debug: () => {},
      info: () => {},
      warn: (_fields, message) => void warnings.push(message),
      error: () => {},
    }
    const { publicKey } = generateKeyPair()
    const config = AsterConfig.from({ ...local, rootPubkey: publicKey, rootPubkeyFile: '/nowhere/root.pub' })
    serverOf({ config, logger })
    expect(warnings).toEqual(config.warnings)
    expect(warnings).toHaveLength(1)
  })
})

describe('a server that cannot start', () => {
  it('names the storage path that it cannot use, and leaves nothing open', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aster-server-'))
    try {
      writeFileSync(join(folder, 'taken'), '')
      const config = AsterConfig.from(local, { ASTER_STORAGE_PATH: join(folder, 'taken') })
      const server = serverOf({ config })
      await expect(server.start()).rejects.toThrow(ConfigError)
      await expect(server.start()).rejects.toThrow('storagePath (ASTER_STORAGE_PATH): nonce store')
      expect(() => server.address).toThrow('await start() first')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('throws if its services do not fit into an admission answer', async () => {
    const services = Array.from({ length: 500 }, (_, index) => echo(`Service${index}`))
    const server = serverOf({ services })
    await expect(server.start()).rejects.toThrow('500 services make')
  })

  it('throws if its transport listens already, and leaves the transport open', async () => {
    const transport = await IrohTransport.bind(local)
    open.push(transport)
    transport.listen({ alpns: ['x'] })
    await expect(serverOf({ transport }).start()).rejects.toMatchObject({ kind: 'misuse' })
    expect(transport.localAddress.addresses).not.toEqual([])
  })
})

describe('close()', () => {
  it('may come before start(), twice, or while it starts', async () => {
    const [never, twice, early] = [serverOf(), serverOf(), serverOf()]
    await never.close()
    await expect(never.start()).rejects.toThrow('the server is closed')
    await twice.start()
    await Promise.all([twice.close(), twice.close()])
    const started = early.start()
    await early.close()
    await started
  })

  it('leaves a transport of the user open, and accepts no more connections from it', async () => {
    const transport = await IrohTransport.bind(local)
    const consumer = await IrohTransport.bind(local)
    open.push(transport, consumer)
    const server = serverOf({ transport })
    await server.start()
    const connection = await consumer.connect(transport.localAddress, { alpn: 'aster/1' })
    await server.close()
    expect(await connection.closed).toMatchObject({ by: 'peer', code: 0 })
    await expect(consumer.connect(transport.localAddress, { alpn: 'aster/1' })).rejects.toMatchObject({
      kind: 'unreachable',
    })
  })
})
