import type { Connection, NodeAddr } from '@aster/rpc-core'
import { networkInterfaces } from 'node:os'
import { afterEach, expect, it } from 'vitest'
import { bindOver, describeBindings } from '../test/bindings.ts'
import type { IrohTransport } from './iroh-transport.ts'
import type { IrohTransportOptions } from './options.ts'

const LOCAL = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const ALPN = 'test/1'
const hasIPv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))

describeBindings('IrohTransport', (binding) => {
  const open: IrohTransport[] = []
  const bind = async (options: IrohTransportOptions = {}): Promise<IrohTransport> => {
    const transport = await bindOver(binding, { ...LOCAL, ...options })
    open.push(transport)
    return transport
  }
  afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())))

  it('has the name of the binding in use', async () => {
    expect((await bind()).binding).toBe(binding)
  })

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

  it('has addresses to dial if it is bound to all interfaces', async () => {
    const transport = await bindOver(binding, { relayMode: 'disabled' })
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
    const failed = bindOver(binding, { ...LOCAL, ...options })
    await expect(failed).rejects.toMatchObject({ name: 'TransportError', kind: 'misuse' })
    await expect(failed).rejects.toThrow(new RegExp(`^${name} (is|has) .*; expected `))
  })

  it('names the socket that is taken', async () => {
    const { localAddress } = await bind()
    const bindAddr = localAddress.addresses.find((address) => address.startsWith('127.')) ?? ''
    await expect(bind({ bindAddr })).rejects.toThrow(`cannot bind the endpoint to ${bindAddr}: Address already in use`)
  })

  it('reports why a dial failed, and continues to listen', async () => {
    const [consumer, producer, other] = await Promise.all([bind(), bind(), bind()])
    const incoming = producer.listen({ alpns: [ALPN] })
    const { addresses } = producer.localAddress
    const dial = (address: NodeAddr, alpn = ALPN): Promise<Connection> => consumer.connect(address, { alpn })
    await expect(dial({ endpointId: other.endpointId, addresses })).rejects.toThrow('another peer answers')
    await expect(dial(producer.localAddress, 'test/2')).rejects.toThrow('does not speak "test/2"')
    await expect(dial(consumer.localAddress)).rejects.toThrow('the address is that of this endpoint')
    await expect(dial({ ...other.localAddress, addresses: ['nonsense'] })).rejects.toMatchObject({ kind: 'misuse' })
    const [accepted] = await Promise.all([incoming[Symbol.asyncIterator]().next(), dial(producer.localAddress)])
    expect(accepted.value?.remoteId).toBe(consumer.endpointId)
  })

  it('settles `closed` before it refuses a stream on a connection that this side has just closed', async () => {
    const [consumer, producer] = await Promise.all([bind(), bind()])
    const incoming = producer.listen({ alpns: [ALPN] })[Symbol.asyncIterator]()
    const connection = await consumer.connect(producer.localAddress, { alpn: ALPN })
    const order: string[] = []
    connection.closed.then(
      () => order.push('closed'),
      () => {},
    )
    connection.close(7, 'for a test')
    // The client checks before every call whether the connection is closed.
    await Promise.resolve()
    expect(order).toEqual(['closed'])
    await connection.openStream().catch(() => order.push('refused'))
    expect(order).toEqual(['closed', 'refused'])
    expect(await (await incoming.next()).value?.closed).toEqual({ by: 'peer', code: 7, reason: 'for a test' })
  })
})
