import { AsterConfig } from '@aster/config'
import { parseAddress } from '@aster/identity'
import { defineService, implement, t, type Transport, unary } from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'
import { afterEach, expect, it } from 'vitest'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

const Item = t.struct('server/Item', { text: t.string })
const echo = implement(defineService({ name: 'Echo', version: 1, methods: { echo: unary(Item, Item) } }), {
  echo: (item) => item,
})
const local = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const relayUrl = 'https://relay.example/'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

async function transportWithRelay() {
  const iroh = await IrohTransport.bind(local)
  open.push(iroh)
  let known: string | undefined
  let resolveOnline = (_isOnline: boolean): void => {}
  const online = new Promise<boolean>((resolve) => (resolveOnline = resolve))
  let resolveAsked = (_timeoutMs: number): void => {}
  const asked = new Promise<number>((resolve) => (resolveAsked = resolve))
  const transport: Transport = {
    connect: (address, options) => iroh.connect(address, options),
    listen: (options) => iroh.listen(options),
    get localAddress() {
      return { ...iroh.localAddress, ...(known !== undefined && { relayUrl: known }) }
    },
    online: (timeoutMs) => {
      resolveAsked(timeoutMs)
      return online
    },
    close: () => iroh.close(),
  }
  const arrive = (): void => {
    known = relayUrl
    resolveOnline(true)
  }
  return { transport, arrive, asked }
}

function serverOf(options: Partial<AsterServerOptions> = {}): AsterServer {
  const config = AsterConfig.from(local)
  const server = new AsterServer({ services: [echo], config, allowAllConsumers: true, ...options })
  open.push(server)
  return server
}

it('start() waits for the relay, which the addresses then contain if their form allows it', async () => {
  const { transport, arrive, asked } = await transportWithRelay()
  const server = serverOf({ transport, relayTimeoutMs: 1_234 })
  const seen: unknown[] = []
  server.on('relay', (event) => void seen.push(event))
  const started = server.start()
  expect(await asked).toBe(1_234)
  let isStarted = false
  void started.then(() => (isStarted = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(isStarted).toBe(false)
  arrive()
  await started
  expect(seen).toEqual([{ channel: 'rpc', relayUrl }])
  expect(server.relayUrl).toBe(relayUrl)
  expect(parseAddress(server.endpointTicket)).toMatchObject({ endpointId: server.endpointId, relayUrl })
  expect(parseAddress(server.endpointAddr)).toMatchObject({ relayUrl })
  expect(parseAddress(server.address)).not.toHaveProperty('relayUrl')
  expect(server.ticket).toBe(server.endpointTicket)
})

it('start() does not wait with relays disabled, and the ticket is short', async () => {
  const server = serverOf()
  await server.start()
  expect(server.relayUrl).toBeUndefined()
  expect(server.ticket).toBe(server.address)
  expect(server.ticket).toMatch(/^aster1/)
})

it('close() ends a start() that waits for the relay', async () => {
  const { transport, asked } = await transportWithRelay()
  const server = serverOf({ transport })
  const started = server.start()
  await asked
  await server.close()
  await started
})

it('passes the token of a relay on', async () => {
  const config = AsterConfig.from({ bindAddr: local.bindAddr, relayToken: 'secret' })
  const message = "relayToken is set, and relayMode is 'default'; expected relays of one's own"
  await expect(serverOf({ config }).start()).rejects.toThrow(message)
})
