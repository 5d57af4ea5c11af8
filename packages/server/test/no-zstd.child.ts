// Runs a server and a call with long messages without zstd in Node and in a package. Prints the response.
import { JsonCodec } from '@aster/codec-json'
import { createClient } from '@aster/rpc-client'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { AsterConfig } from '@aster/config'
import { parseNodeAddr } from '@aster/identity'
import { AsterServer } from '@aster/server'
import { IrohTransport } from '@aster/transport-iroh'

// As in Node 20; the bundle of this file leaves @foxglove/wasm-zstd external, and the folder that it runs in has none.
const native = 'node:zlib'
const zlib = process.getBuiltinModule(native)
if (zlib !== undefined) Reflect.deleteProperty(zlib, 'zstdCompressSync')
const warned = new Promise<string | undefined>((resolve) =>
  process.once('warning', (warning: Error & { code?: string }) => resolve(warning.code)),
)

const local = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const Item = t.struct('server/Item', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } })
const server = new AsterServer({
  services: [implement(Echo, { echo: (item) => item })],
  config: AsterConfig.from(local),
  allowAllConsumers: true,
  logger: false,
})
await server.start()
const consumer = await IrohTransport.bind(local)
const connection = await consumer.connect(parseNodeAddr(server.endpointAddr), { alpn: RPC_ALPN })
const { echo } = createClient(Echo, { connection, codec: new JsonCodec() })
const { text } = await echo({ text: 'z'.repeat(50_000) })
await Promise.all([consumer.close(), server.close()])
console.log(JSON.stringify({ length: text.length, warned: await warned }))
