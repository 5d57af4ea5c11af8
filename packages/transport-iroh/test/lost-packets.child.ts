// Loses packets of connections after their handshakes, and then uses the producer through one that loses none.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { IrohTransport } from '@aster/transport-iroh'

const LOCAL = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const ALPN = 'test'
/** Set in the first byte of the packets of a handshake. */
const LONG_HEADER = 0x80
/** Packets to lose of a connection: QUIC has sent what was lost again at least twice. */
const LOSSES = 22
const AT_ONCE = 10

/** Which packets after a handshake are lost: those to the producer, those to the consumer, or both. */
type Lost = 'to producer' | 'to consumer' | 'both'

/** Passes packets to `producerPort` and back, and drops the lost ones. Calls `onLost` once `LOSSES` packets are lost. */
async function passSome(producerPort: number, lost: Lost, onLost: () => void): Promise<Socket> {
  const socket = createSocket('udp4')
  let consumerPort = 0
  let losses = 0
  socket.on('message', (packet, { port }) => {
    const direction = port === producerPort ? 'to consumer' : 'to producer'
    if (direction === 'to producer') consumerPort = port
    if (((packet[0] ?? 0) & LONG_HEADER) === 0 && (lost === 'both' || lost === direction)) {
      losses += 1
      if (losses === LOSSES) onLost()
      return
    }
    socket.send(packet, direction === 'to producer' ? producerPort : consumerPort, '127.0.0.1')
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

const producer = await IrohTransport.bind(LOCAL)
const { endpointId, addresses } = producer.localAddress
const address = addresses.find((one) => one.startsWith('127.0.0.1:')) ?? ''
void (async () => {
  for await (const connection of producer.listen({ alpns: [ALPN] })) {
    void (async () => {
      for await (const stream of connection.incomingStreams())
        await stream.write((await stream.read()) ?? new Uint8Array(0), { finish: true })
    })().catch(() => {})
  }
})()

async function loseOne(lost: Lost): Promise<void> {
  let onLost = (): void => {}
  const losing = new Promise<void>((resolve) => (onLost = resolve))
  const lossy = await passSome(Number(address.split(':')[1]), lost, () => onLost())
  const consumer = await IrohTransport.bind(LOCAL)
  const connection = await consumer.connect(
    { endpointId, addresses: [`127.0.0.1:${lossy.address().port}`] },
    { alpn: ALPN },
  )
  const stream = await connection.openStream()
  await stream.write(new TextEncoder().encode('is anyone there?'))
  await losing
  await consumer.close()
  lossy.close()
}

for (const lost of ['to producer', 'to consumer', 'both'] as const)
  await Promise.all(Array.from({ length: AT_ONCE }, () => loseOne(lost)))

const consumer = await IrohTransport.bind(LOCAL)
const connection = await consumer.connect({ endpointId, addresses }, { alpn: ALPN })
const stream = await connection.openStream()
await stream.write(new TextEncoder().encode('still there'), { finish: true })
const answer = new TextDecoder().decode(await stream.read())
process.stdout.write(JSON.stringify({ answer }), () => process.exit())
