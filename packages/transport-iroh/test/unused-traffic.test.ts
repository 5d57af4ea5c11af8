import type { Connection as NativeConnection } from '@number0/iroh'
import { type Connection, TransportError } from '@aster/rpc-core'
import { PROTOCOL_VIOLATION } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IrohTransport } from '../src/iroh-transport.ts'
import { bindOver, describeBindings } from './bindings.ts'
import { ALPN, RawEndpoint } from './raw-endpoint.ts'

interface Link {
  readonly ours: Connection
  readonly theirs: NativeConnection
}

describeBindings('iroh', (binding) => {
  let transport: IrohTransport
  let raw: RawEndpoint

  beforeEach(async () => {
    transport = await bindOver(binding, { relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
    raw = await RawEndpoint.bind()
  })
  afterEach(() => Promise.all([transport.close(), raw.close()]))

  const links: readonly (readonly [name: string, link: () => Promise<Link>])[] = [
    [
      'accepted',
      async () => {
        const incoming = transport.listen({ alpns: [ALPN] })[Symbol.asyncIterator]()
        const [theirs, next] = await Promise.all([raw.dial(transport.localAddress), incoming.next()])
        return { ours: next.value as Connection, theirs }
      },
    ],
    [
      'dialled',
      async () => {
        const [ours, theirs] = await Promise.all([transport.connect(raw.address, { alpn: ALPN }), raw.accept()])
        return { ours, theirs }
      },
    ],
  ]

  describe.each(links)('a connection that was %s', (_, link) => {
    it.runIf(binding === 'number0')(
      'is closed at the first unidirectional stream of the peer, and both sides know why',
      async () => {
        const { ours, theirs } = await link()
        const stream = await ours.openStream()
        await stream.write(Uint8Array.of(1))
        const uni = await theirs.openUni()
        await uni.writeAll([1])
        const reason = 'a unidirectional stream was opened; expected bidirectional streams only'
        expect(await theirs.closed()).toBe(`closed by peer: ${reason} (code ${PROTOCOL_VIOLATION})`)
        expect(await ours.closed).toEqual({
          by: 'network',
          code: PROTOCOL_VIOLATION,
          reason: `the peer violated the protocol: ${reason}`,
        })
        const failed = stream.read()
        await expect(failed).rejects.toThrow(TransportError)
        await expect(failed).rejects.toMatchObject({ kind: 'lost', code: PROTOCOL_VIOLATION })
      },
    )

    it.runIf(binding === 'native')('refuses a unidirectional stream, and stays open', async () => {
      const { ours, theirs } = await link()
      let isOpened = false
      const opening = theirs.openUni().then(
        () => (isOpened = true),
        () => {},
      )
      const bi = await theirs.openBi()
      await bi.send.writeAll([7])
      const incoming = ours.incomingStreams()[Symbol.asyncIterator]()
      expect((await incoming.next()).done).toBe(false)
      expect(isOpened).toBe(false)
      ours.close()
      await opening
      expect(isOpened).toBe(false)
    })

    it('accepts the datagrams of a peer that probes it, and is closed after a flood of them', async () => {
      const { ours, theirs } = await link()
      for (let i = 0; i < 100; i++) theirs.sendDatagram([0])
      const bi = await theirs.openBi()
      await bi.send.writeAll([7])
      const incoming = ours.incomingStreams()[Symbol.asyncIterator]()
      expect((await incoming.next()).done).toBe(false)
      const flood = setInterval(() => {
        try {
          for (let i = 0; i < 20; i++) theirs.sendDatagram([])
        } catch {
          // The connection is closed.
        }
      })
      const closed = await theirs.closed().finally(() => clearInterval(flood))
      expect(closed).toBe(
        `closed by peer: more than 200 datagrams were sent within 10000 ms (code ${PROTOCOL_VIOLATION})`,
      )
      expect(await ours.closed).toMatchObject({ by: 'network', code: PROTOCOL_VIOLATION })
    })
  })
})
