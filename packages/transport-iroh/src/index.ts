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
 * await stream.write(new TextEncoder().encode('hello'), { finish: true })
 * for await (const { alpn } of incoming) {
 *   console.log(alpn) // prints hello
 *   break
 * }
 * await Promise.all([consumer.close(), producer.close()])
 * ```
 *
 * @packageDocumentation
 */
export type { BindingName, IrohConnection } from './binding.ts'
export { IrohTransport } from './iroh-transport.ts'
export type { BindOptions, IrohTransportOptions } from './options.ts'
export type { IrohPath } from './paths.ts'
