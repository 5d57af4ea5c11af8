// Runs a server in async stores. Prints the names of the stores that are retained while it serves, and after it is closed.
import { AsyncLocalStorage } from 'node:async_hooks'
import { JsonCodec } from '@aster/codec-json'
import { AsterConfig } from '@aster/config'
import { parseNodeAddr } from '@aster/identity'
import { createClient } from '@aster/rpc-client'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { AsterServer } from '@aster/server'
import { IrohTransport } from '@aster/transport-iroh'

const local = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const Item = t.struct('server/Item', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } })

/** The WebAssembly of zstd cannot be bundled. */
const compression = { compress: (bytes: Uint8Array) => bytes, decompress: (bytes: Uint8Array) => bytes }

const storage = new AsyncLocalStorage<object>()
const stores = new Map<string, WeakRef<object>>()

/** Runs a function in a store of its own, in a stack frame that retains nothing. */
async function runIn<R>(name: string, run: () => R): Promise<{ readonly result: Awaited<R> }> {
  const store = { name }
  stores.set(name, new WeakRef(store))
  return { result: await storage.run(store, run) }
}

async function keptStores(): Promise<string[]> {
  const kept = (): string[] => [...stores].filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name)
  for (let turn = 0; turn < 50 && kept().length > 0; turn++) {
    // A turn that has dereferenced a `WeakRef` retains its target until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return kept()
}

const { result: server } = await runIn('new AsterServer', () => {
  const services = [implement(Echo, { echo: (item) => item })]
  const config = AsterConfig.from(local)
  return new AsterServer({
    services,
    config,
    compression,
    allowAllConsumers: true,
    health: true,
    channels: { other: {} },
  })
})
await runIn('server.start', () => server.start())
const { result: consumer } = await runIn('IrohTransport.bind', () => IrohTransport.bind(local))
const { result: connection } = await runIn('transport.connect', () =>
  consumer.connect(parseNodeAddr(server.endpointAddr), { alpn: RPC_ALPN }),
)
const aborted = new AbortController()
await runIn('transport.connect that is aborted', async () => {
  // The discard port never answers, so the dial runs for half a minute.
  const nobody = { endpointId: server.endpointId, addresses: ['127.0.0.1:9'] }
  const dialled = consumer.connect(nobody, { alpn: RPC_ALPN, signal: aborted.signal })
  aborted.abort()
  await dialled.catch(() => {})
})
const { echo } = createClient(Echo, { connection, codec: new JsonCodec() })
const { text } = await echo({ text: 'served' })
const whileServing = await keptStores()
await runIn('server.close', () => server.close())
await runIn('transport.close', () => consumer.close())
process.stdout.write(JSON.stringify({ text, seen: stores.size, whileServing, afterwards: await keptStores() }))
