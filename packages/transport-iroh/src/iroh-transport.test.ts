import { Connection as NativeConnection, Endpoint } from '@number0/iroh'
import { transportCompliance } from '@aster/compliance'
import type { Connection, NodeAddr } from '@aster/rpc-core'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { IrohTransport, type IrohTransportOptions } from './iroh-transport.ts'

const LOCAL = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const ALPN = 'test/1'
const hasIPv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))

transportCompliance<NodeAddr>('iroh', async () => {
  const [consumer, producer] = await Promise.all([
    IrohTransport.bind(LOCAL),
    IrohTransport.bind({ ...LOCAL, maxStreams: 100 }),
  ])
  return {
    consumer,
    producer,
    // The discard port: nothing listens there.
    nobody: { endpointId: producer.endpointId, addresses: ['127.0.0.1:9'] },
    idOf: (address) => address.endpointId,
    async breakListener() {
      // Takes effect with the accept behind the next connection.
      vi.spyOn(Endpoint.prototype, 'acceptNext').mockResolvedValue(null)
      await consumer.connect(producer.localAddress, { alpn: 'aster-compliance/1' })
    },
    async teardown() {
      vi.restoreAllMocks()
      await Promise.all([consumer.close(), producer.close()])
    },
  }
})

describe('IrohTransport', () => {
  const open: IrohTransport[] = []
  const bind = async (options: IrohTransportOptions = {}): Promise<IrohTransport> => {
    const transport = await IrohTransport.bind({ ...LOCAL, ...options })
    open.push(transport)
    return transport
  }
  afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())))

  it('has the endpoint id of its secret key', async () => {
    // The first key of RFC 8032, section 7.1.
    const hex = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
    const { endpointId, localAddress } = await bind({ secretKey: Uint8Array.from(Buffer.from(hex, 'hex')) })
    expect(endpointId).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    expect(localAddress.endpointId).toBe(endpointId)
  })

  it.each(['127.0.0.1:0', ...(hasIPv6 ? ['[::1]:0'] : [])])(
    'stays on this machine when it is bound to %s',
    async (bindAddr) => {
      const { localAddress } = await bind({ bindAddr })
      expect(localAddress.addresses.length).toBeGreaterThan(0)
      for (const address of localAddress.addresses) expect(address).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/)
      expect(localAddress.relayUrl).toBeUndefined()
    },
  )

  it('knows addresses to dial when it is bound to all interfaces', async () => {
    const transport = await IrohTransport.bind({ relayMode: 'disabled' })
    open.push(transport)
    expect(transport.localAddress.addresses.length).toBeGreaterThan(0)
    for (const address of transport.localAddress.addresses) expect(address).not.toMatch(/^(0\.0\.0\.0|\[::\]):/)
  })

  it.each([
    ['secretKey', { secretKey: new Uint8Array(31) }],
    ['bindAddr', { bindAddr: 'localhost:1' }],
    ['relayMode', { relayMode: { urls: ['nonsense'] } }],
    ['maxStreams', { maxStreams: 99 }],
  ] satisfies [string, IrohTransportOptions][])('names the option that is wrong: %s', async (name, options) => {
    const failed = IrohTransport.bind({ ...LOCAL, ...options })
    await expect(failed).rejects.toMatchObject({ name: 'TransportError', kind: 'misuse' })
    await expect(failed).rejects.toThrow(new RegExp(`^${name} (is|has) .*; expected `))
  })

  it('says which socket is taken', async () => {
    const { localAddress } = await bind()
    const bindAddr = localAddress.addresses.find((address) => address.startsWith('127.')) ?? ''
    await expect(bind({ bindAddr })).rejects.toThrow(`cannot bind the endpoint to ${bindAddr}: Address already in use`)
  })

  it('does not wait at its close for a dial that was given up, and another endpoint gets its port', async () => {
    const first = await bind()
    const address = first.localAddress.addresses.find((one) => one.startsWith('127.')) ?? ''
    const nobody = { endpointId: (await bind()).endpointId, addresses: ['127.0.0.1:9'] }
    const controller = new AbortController()
    const dialled = first.connect(nobody, { alpn: ALPN, signal: controller.signal })
    controller.abort(new Error('not today'))
    await expect(dialled).rejects.toThrow('not today')
    const closing = vi.spyOn(Endpoint.prototype, 'close').mockReturnValue(new Promise(() => {}))
    await first.close()
    closing.mockRestore()
    const second = await bind()
    const dialledToo = second.connect(nobody, { alpn: ALPN, signal: controller.signal })
    await expect(dialledToo).rejects.toThrow('not today')
    expect(address).not.toBe('')
  })

  it('tells apart why a dial failed, and goes on listening', async () => {
    const [consumer, producer, other] = await Promise.all([bind(), bind(), bind()])
    const incoming = producer.listen({ alpns: [ALPN] })
    const { addresses } = producer.localAddress
    const dial = (address: NodeAddr, alpn = ALPN): Promise<Connection> => consumer.connect(address, { alpn })
    await expect(dial({ endpointId: other.endpointId, addresses })).rejects.toThrow('another peer answers')
    await expect(dial(producer.localAddress, 'test/2')).rejects.toThrow('does not speak "test/2"')
    await expect(dial(consumer.localAddress)).rejects.toThrow('this endpoint itself')
    await expect(dial({ ...other.localAddress, addresses: ['nonsense'] })).rejects.toMatchObject({ kind: 'misuse' })
    const [accepted] = await Promise.all([incoming[Symbol.asyncIterator]().next(), dial(producer.localAddress)])
    expect(accepted.value?.remoteId).toBe(consumer.endpointId)
  })

  it('has settled `closed` before it refuses a stream, on a connection that this side has just closed', async () => {
    const [consumer, producer] = await Promise.all([bind(), bind()])
    const incoming = producer.listen({ alpns: [ALPN] })[Symbol.asyncIterator]()
    const connection = await consumer.connect(producer.localAddress, { alpn: ALPN })
    const order: string[] = []
    connection.closed.then(
      () => order.push('closed'),
      () => {},
    )
    connection.close(7, 'for a test')
    // The client looks for it before every call.
    await Promise.resolve()
    expect(order).toEqual(['closed'])
    await connection.openStream().catch(() => order.push('refused'))
    expect(order).toEqual(['closed', 'refused'])
    expect(await (await incoming.next()).value?.closed).toEqual({ by: 'peer', code: 7, reason: 'for a test' })
  })

  it('tells a peer that is silent why the connection is given up', async () => {
    const [consumer, producer] = await Promise.all([bind({ deadPeerMs: 1_000 }), bind({ deadPeerMs: Infinity })])
    const incoming = producer.listen({ alpns: [ALPN] })[Symbol.asyncIterator]()
    const dialled = await consumer.connect(producer.localAddress, { alpn: ALPN })
    const stream = await dialled.openStream()
    await stream.write(Uint8Array.of(1))
    const accepted = (await incoming.next()).value?.incomingStreams()[Symbol.asyncIterator]()
    const other = (await accepted?.next())?.value
    await other?.read()
    const silent = { udpRxDatagrams: 0 } as ReturnType<NativeConnection['stats']>
    vi.spyOn(NativeConnection.prototype, 'stats').mockReturnValue(silent)
    const failed = [stream.read(), other?.read()].map((read) => read?.catch((error: unknown) => error))
    const [here, there] = await Promise.all(failed)
    vi.restoreAllMocks()
    expect(here).toMatchObject({
      kind: 'lost',
      message: expect.stringMatching(/^the connection is lost: the peer has not answered for \d{4} ms$/),
    })
    expect(there).toMatchObject({
      kind: 'closed',
      code: 408,
      message: expect.stringMatching(/^the peer gave the connection up: nothing arrived from you for \d{4} ms$/),
    })
  })

  it('closes a connection on which no more streams are accepted', async () => {
    const [consumer, producer] = await Promise.all([bind(), bind()])
    const incoming = producer.listen({ alpns: [ALPN] })[Symbol.asyncIterator]()
    const [accepted, dialled] = await Promise.all([
      incoming.next(),
      consumer.connect(producer.localAddress, { alpn: ALPN }),
    ])
    vi.spyOn(NativeConnection.prototype, 'acceptBi').mockRejectedValue(new Error('the driver died'))
    const streams: unknown[] = []
    for await (const stream of accepted.value?.incomingStreams() ?? []) streams.push(stream)
    vi.restoreAllMocks()
    expect(streams).toEqual([])
    const reason = 'no more streams are accepted: the driver died'
    expect(await accepted.value?.closed).toEqual({ by: 'network', reason })
    expect(await dialled.closed).toMatchObject({ by: 'peer', reason })
  })

  it('closes a connection that comes about after its signal aborted', async () => {
    const [consumer, producer] = await Promise.all([bind(), bind()])
    const incoming = producer.listen({ alpns: [ALPN] })[Symbol.asyncIterator]()
    const controller = new AbortController()
    const dialled = consumer.connect(producer.localAddress, { alpn: ALPN, signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(dialled).rejects.toThrow('enough')
    const { value } = await incoming.next()
    expect(await value?.closed).toEqual({ by: 'peer', code: 0, reason: '' })
  })
})
