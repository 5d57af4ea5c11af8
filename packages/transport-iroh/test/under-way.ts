import type { ByteStream } from '@aster/rpc-core'
import { type IrohConnection, IrohTransport } from '@aster/transport-iroh'

const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' } as const

/** Two transports with a connection, over which one message was sent and answered. */
export class Pair {
  readonly #consumer: IrohTransport
  readonly #producer: IrohTransport
  readonly #connection: IrohConnection
  readonly #incoming: AsyncIterator<ByteStream, undefined>

  private constructor(
    consumer: IrohTransport,
    producer: IrohTransport,
    connection: IrohConnection,
    incoming: AsyncIterator<ByteStream, undefined>,
  ) {
    this.#consumer = consumer
    this.#producer = producer
    this.#connection = connection
    this.#incoming = incoming
  }

  static async open(): Promise<Pair> {
    const [producer, consumer] = [await IrohTransport.bind(options), await IrohTransport.bind(options)]
    const listening = producer.listen({ alpns: ['test'] })[Symbol.asyncIterator]()
    const connection = await consumer.connect(producer.localAddress, { alpn: 'test' })
    const incoming = (await listening.next()).value.incomingStreams()[Symbol.asyncIterator]()
    return new Pair(consumer, producer, connection, incoming)
  }

  async echo(text: string): Promise<string> {
    const stream = await this.#connection.openStream()
    await stream.write(new TextEncoder().encode(text), { finish: true })
    const theirs = (await this.#incoming.next()).value as ByteStream
    await theirs.write((await theirs.read()) ?? new Uint8Array(0), { finish: true })
    return new TextDecoder().decode(await stream.read())
  }

  /** Begins reads, writes, dials and accepts that do not end. */
  async begin(): Promise<void> {
    const pending: Promise<unknown>[] = []
    for (let i = 0; i < 20; i++) {
      const stream = await this.#connection.openStream()
      await stream.write(Uint8Array.of(1))
      pending.push(stream.read())
    }
    const blocked = await this.#connection.openStream()
    pending.push(blocked.write(new Uint8Array(8_000_000)))
    const nobody = { endpointId: this.#producer.endpointId, addresses: ['127.0.0.1:9'] }
    pending.push(this.#consumer.connect(nobody, { alpn: 'test' }), IrohTransport.bind(options))
    for (const one of pending) one.catch(() => {})
  }

  close(): Promise<unknown> {
    return Promise.all([this.#consumer.close(), this.#producer.close()])
  }
}
