/**
 * The `Transport` contract over iroh: QUIC between peers that are known by their public keys. Needs Node.
 *
 * @example
 * ```ts
 * import { IrohTransport } from '@aster/transport-iroh'
 *
 * const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const
 * const [producer, consumer] = [await IrohTransport.bind(options), await IrohTransport.bind(options)]
 * const incoming = producer.listen({ alpns: ['hello'] })
 * const connection = await consumer.connect(producer.localAddress, { alpn: 'hello' })
 * const stream = await connection.openStream()
 * ```
 *
 * @packageDocumentation
 */
export type { BindOptions } from './bind.ts'
export { IrohConnection } from './iroh-connection.ts'
export type { IrohPath } from './paths.ts'
export { IrohTransport, type IrohTransportOptions } from './iroh-transport.ts'
