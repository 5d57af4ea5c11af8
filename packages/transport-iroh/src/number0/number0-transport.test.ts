import { Connection as NativeConnection, Endpoint } from '@number0/iroh'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bindOver } from '../../test/bindings.ts'
import type { IrohTransport } from '../iroh-transport.ts'
import type { IrohTransportOptions } from '../options.ts'

const LOCAL = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
const ALPN = 'test/1'

describe('IrohTransport over number0', () => {
  const open: IrohTransport[] = []
  const bind = async (options: IrohTransportOptions = {}): Promise<IrohTransport> => {
    const transport = await bindOver('number0', { ...LOCAL, ...options })
    open.push(transport)
    return transport
  }
  afterEach(() => Promise.all(open.splice(0).map((transport) => transport.close())))

  it('does not wait for an aborted dial when it closes, and another endpoint can take its port', async () => {
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

  it('tells a silent peer why the connection is closed', async () => {
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

  it('closes a connection that is established after its signal aborted', async () => {
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
