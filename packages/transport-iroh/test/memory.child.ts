// Runs calls with every kind of ending, after which only weak references to them are left.
import type { ByteStream, Connection } from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'

const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const CALLS = 400

const streams: WeakRef<ByteStream>[] = []
let calls = 0
const connections: WeakRef<Connection>[] = []

async function drain(stream: ByteStream): Promise<void> {
  while ((await stream.read().catch(() => undefined)) !== undefined) continue
}

async function answer(stream: ByteStream): Promise<void> {
  streams.push(new WeakRef(stream))
  await stream.read().catch(() => undefined)
  await stream.write(new Uint8Array(10), { finish: true }).catch(() => {})
  await drain(stream)
}

async function call(connection: Connection, i: number): Promise<void> {
  const stream = await connection.openStream()
  calls++
  streams.push(new WeakRef(stream))
  await stream.write(new Uint8Array(10), { finish: i % 4 < 2 })
  if (i % 4 === 0) return drain(stream)
  const reading = stream.read()
  stream.stop(1)
  stream.reset(1)
  await reading
}

async function serve(transport: IrohTransport): Promise<void> {
  for await (const connection of transport.listen({ alpns: ['test'] })) {
    connections.push(new WeakRef(connection))
    void accept(connection)
  }
}

async function accept(connection: Connection): Promise<void> {
  for await (const stream of connection.incomingStreams()) void answer(stream)
}

async function run(): Promise<void> {
  const [consumer, producer] = [await IrohTransport.bind(options), await IrohTransport.bind(options)]
  const serving = serve(producer)
  const connection = await consumer.connect(producer.localAddress, { alpn: 'test' })
  connections.push(new WeakRef(connection))
  for (let i = 0; i < CALLS; i++) await call(connection, i)
  await Promise.all([consumer.close(), producer.close()])
  await serving
}

await run()
const count = (refs: readonly WeakRef<object>[]): number => refs.filter((ref) => ref.deref() !== undefined).length
// The addon drops its objects in turns of its own.
for (let turn = 0; turn < 50 && count([...streams, ...connections]) > 0; turn++) {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
}
process.stdout.write(JSON.stringify({ calls, streamsKept: count(streams), connectionsKept: count(connections) }))
