import type { Connection } from '@aster/rpc-core'
import { afterEach, expect, it } from 'vitest'
import type { IrohTransport } from '../src/iroh-transport.ts'
import { bindOver, describePairs } from './bindings.ts'

const ALPN = 'max-streams/1'
const MAX_STREAMS = 200
const LOCAL = { relayMode: 'disabled', bindAddr: '127.0.0.1:0', maxStreams: MAX_STREAMS } as const

/** Checks that one side can have `count` streams open, and that another one waits for a place. */
async function expectPlaces(from: Connection, to: Connection, count: number): Promise<void> {
  const incoming = to.incomingStreams()[Symbol.asyncIterator]()
  const open = await Promise.all(Array.from({ length: count }, () => from.openStream()))
  let isWaiting = true
  const another = from.openStream().finally(() => (isWaiting = false))
  another.catch(() => {})
  for (const stream of open) await stream.write(new Uint8Array(1))
  for (const _ of open) await (await incoming.next()).value?.write(new Uint8Array(1))
  for (const stream of open) await stream.read()
  expect(isWaiting).toBe(true)
  from.close()
  await expect(another).rejects.toMatchObject({ kind: 'closed' })
}

describePairs('the places for streams', (consumerBinding, producerBinding) => {
  let ends: IrohTransport[] = []
  afterEach(() => Promise.all(ends.map((end) => end.close())))

  async function connect(): Promise<{ dialled: Connection; accepted: Connection }> {
    ends = await Promise.all([bindOver(consumerBinding, LOCAL), bindOver(producerBinding, LOCAL)])
    const [consumer, producer] = ends as [IrohTransport, IrohTransport]
    const listener = producer.listen({ alpns: [ALPN] })[Symbol.asyncIterator]()
    const [dialled, { value }] = await Promise.all([
      consumer.connect(producer.localAddress, { alpn: ALPN }),
      listener.next(),
    ])
    return { dialled, accepted: value as Connection }
  }

  it('of the side that dialled are `maxStreams`', async () => {
    const { dialled, accepted } = await connect()
    await expectPlaces(dialled, accepted, MAX_STREAMS)
  })

  it('of the side that was dialled are 100, the number that QUIC grants', async () => {
    const { dialled, accepted } = await connect()
    await expectPlaces(accepted, dialled, 100)
  })
})
