// Binds and closes endpoints while it holds all connections, streams and errors, and counts the UDP sockets that the
// process is left with. Runs without `--expose-gc`, like a real program.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { ByteStream } from '@aster/rpc-core'
import { type IrohConnection, IrohTransport } from '@aster/transport-iroh'

const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const

function sockets(): number {
  const own = new Set<string>()
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const inode = /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/self/fd/${name}`))?.[1]
      if (inode !== undefined) own.add(inode)
    } catch {
      // The descriptor was closed in the meantime.
    }
  }
  const lines = ['udp', 'udp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'))
  return lines.filter((line) => own.has(line.trim().split(/\s+/)[9] ?? '')).length
}

const held: unknown[] = []

/** Binds an endpoint, sends something over a connection of it, and closes it. Returns its port. */
async function use(bindAddr?: string): Promise<string> {
  const producer = await IrohTransport.bind({ ...options, ...(bindAddr === undefined ? {} : { bindAddr }) })
  const consumer = await IrohTransport.bind(options)
  const listening = producer.listen({ alpns: ['test'] })[Symbol.asyncIterator]()
  const connection = await consumer.connect(producer.localAddress, { alpn: 'test' })
  const stream = await connection.openStream()
  await stream.write(new Uint8Array(10))
  const accepted: IrohConnection = (await listening.next()).value
  const incoming = accepted.incomingStreams()[Symbol.asyncIterator]()
  const opened = (await incoming.next()).value as ByteStream
  await opened.read()
  const [half, reset] = [await connection.openStream(), await connection.openStream()]
  await reset.write(new Uint8Array(10))
  reset.reset(1)
  // The stacks of errors lead to the objects that threw them.
  const failed = await Promise.allSettled([reset.write(new Uint8Array(1))])
  const reading = Promise.allSettled([stream.read()])
  held.push(connection, stream, accepted, half, reset, incoming, opened, failed)
  const address = producer.localAddress.addresses.find((one) => one.startsWith('127.')) ?? ''
  await Promise.all([consumer.close(), producer.close()])
  const late = [half.read(), half.write(new Uint8Array(1)), opened.finish()]
  held.push(producer, consumer, await reading, await Promise.allSettled(late))
  return address
}

let most = 0
for (let i = 0; i < 40; i++) {
  await use()
  most = Math.max(most, sockets())
}
// Bind the same port again, at once, several times.
const address = await use()
for (let i = 0; i < 3; i++) await use(address)
const late = held.filter(Array.isArray).flat() as PromiseSettledResult<unknown>[]
const errors = new Set(late.map((one) => (one.status === 'rejected' ? String(one.reason) : one.status)))
process.stdout.write(JSON.stringify({ most, rebound: address !== '', errors: [...errors] }), () => process.exit())
