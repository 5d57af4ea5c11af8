// Leaves operations of every kind in progress, closes the transports, and does not call `process.exit`.
import { IrohTransport } from '@aster/transport-iroh'

const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const [consumer, producer] = [await IrohTransport.bind(options), await IrohTransport.bind(options)]
const listening = producer.listen({ alpns: ['test'] })[Symbol.asyncIterator]()
const ours = await consumer.connect(producer.localAddress, { alpn: 'test' })
const theirs = (await listening.next()).value
const pending: Promise<unknown>[] = [listening.next(), theirs.incomingStreams()[Symbol.asyncIterator]().next()]
const [stream, blocked, stopped] = [await ours.openStream(), await ours.openStream(), await ours.openStream()]
await stream.write(new Uint8Array(10))
pending.push(stream.read(), blocked.write(new Uint8Array(8_000_000)), stopped.read())
stopped.stop(1)
stopped.reset(1)
pending.push(consumer.connect({ endpointId: producer.endpointId, addresses: ['127.0.0.1:9'] }, { alpn: 'test' }))
const settled = Promise.allSettled(pending)
await Promise.all([consumer.close(), producer.close()])
await settled
process.stdout.write(JSON.stringify({ closed: true }))
