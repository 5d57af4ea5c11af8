// Holds only streams, lets the garbage collector take the rest, and then uses the streams.
import type { ByteStream } from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'

const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const text = new TextEncoder().encode('still there')

async function open(): Promise<[ByteStream, ByteStream]> {
  const [consumer, producer] = [await IrohTransport.bind(options), await IrohTransport.bind(options)]
  const listening = producer.listen({ alpns: ['test'] })[Symbol.asyncIterator]()
  const ours = await consumer.connect(producer.localAddress, { alpn: 'test' })
  const theirs = (await listening.next()).value
  const mine = await ours.openStream()
  await mine.write(text)
  return [mine, (await theirs.incomingStreams()[Symbol.asyncIterator]().next()).value]
}

const [mine, yours] = await open()
for (let turn = 0; turn < 20; turn++) {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
}
await yours.write((await yours.read()) ?? new Uint8Array(0))
process.stdout.write(JSON.stringify({ answer: new TextDecoder().decode(await mine.read()) }), () => process.exit())
