import { type NodeAddr, type Transport, TransportError } from '@aster/rpc-core'
import { abortable, misuseError, Pushable } from '@aster/rpc-core/protocol'
import { bindEndpoint, type BindOptions } from './bind.ts'
import { IrohConnection } from './iroh-connection.ts'
import { loadNative, type Native, type NativeConnection, type NativeEndpoint, type NativeIncoming } from './native.ts'
import { addressOf, nativeAddress } from './native-address.ts'
import { connectError } from './native-error.ts'
import { textToArray } from './number-array.ts'

export interface IrohTransportOptions extends BindOptions {
  /** Streams that a peer which dialled may have open here: at least 100, which QUIC has granted already. @default 1024 */
  readonly maxStreams?: number
}

/** An iroh endpoint: dials peers by their public keys, and accepts those that dial. */
export class IrohTransport implements Transport {
  /** The public key: 64 lower-case hex digits. */
  readonly endpointId: string
  readonly #iroh: Native
  readonly #endpoint: NativeEndpoint
  readonly #maxStreams: bigint
  readonly #connections = new Set<IrohConnection>()
  #listener: Pushable<IrohConnection> | undefined
  #closed: Promise<void> | undefined

  private constructor(iroh: Native, endpoint: NativeEndpoint, maxStreams: number) {
    this.#iroh = iroh
    this.#endpoint = endpoint
    this.#maxStreams = BigInt(maxStreams)
    this.endpointId = endpoint.id().toString()
  }

  /** Throws `TransportError` (`misuse`) for an option that is wrong, `AsterError` where the socket cannot be bound. */
  static async bind(options: IrohTransportOptions = {}): Promise<IrohTransport> {
    const { maxStreams = 1024 } = options
    if (!Number.isSafeInteger(maxStreams) || maxStreams < 100) {
      throw misuseError(`maxStreams is ${maxStreams}; expected an integer from 100 on`)
    }
    const iroh = await loadNative()
    return new IrohTransport(iroh, await bindEndpoint(iroh, options), maxStreams)
  }

  /** As it is known now: the relay comes some time after `bind`, and addresses change with the network. */
  get localAddress(): NodeAddr {
    return addressOf(this.#endpoint)
  }

  async connect(
    address: NodeAddr,
    { alpn, signal }: { alpn: string; signal?: AbortSignal | undefined },
  ): Promise<IrohConnection> {
    signal?.throwIfAborted()
    if (this.#closed !== undefined) throw closedHere()
    const dialled = this.#endpoint.connect(nativeAddress(this.#iroh, address), textToArray(alpn))
    try {
      // The addon cannot call a dial off; it ends by itself after 30 s.
      return this.#keep(await abortable(dialled, signal, (late) => late.close(0n, [])))
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw error instanceof TransportError ? error : connectError(error, address.endpointId, alpn)
    }
  }

  /** Accepts from the call on. Once per transport; leaving the loop refuses whoever dials later. */
  listen({ alpns }: { alpns: readonly string[] }): AsyncIterable<IrohConnection> {
    if (this.#closed !== undefined) throw closedHere()
    if (this.#listener !== undefined) throw misuseError('the transport listens already')
    const connections = new Pushable<IrohConnection>(Infinity, () => this.#endpoint.setAlpns([]))
    this.#listener = connections
    this.#endpoint.setAlpns(alpns.map((alpn) => textToArray(alpn)))
    void this.#accept(connections)
    return connections
  }

  async #accept(connections: Pushable<IrohConnection>): Promise<void> {
    for (;;) {
      const incoming = await this.#endpoint.acceptNext()
      if (incoming === null) break
      void this.#shake(incoming, connections)
    }
    connections.end()
  }

  /** A handshake that fails concerns the one who dialled, and nobody else. */
  async #shake(incoming: NativeIncoming, connections: Pushable<IrohConnection>): Promise<void> {
    let native: NativeConnection
    try {
      native = await (await incoming.accept()).connect()
    } catch {
      return
    }
    if (!connections.open) return native.close(0n, [])
    native.setMaxConcurrentBiStreams(this.#maxStreams)
    void connections.push(this.#keep(native))
  }

  #keep(native: NativeConnection): IrohConnection {
    if (this.#closed !== undefined) {
      native.close(0n, [])
      throw closedHere()
    }
    const connection = new IrohConnection(native)
    this.#connections.add(connection)
    // An endpoint that nobody holds is collected, and its connections die with it: this keeps it until they are gone.
    void connection.closed.then(() => this.#connections.delete(connection))
    return connection
  }

  /** Closes every connection with code 0, then the endpoint. Waits up to 3 s for peers to take note. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    for (const connection of this.#connections) connection.close()
    this.#listener?.end()
    await this.#endpoint.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function closedHere(): TransportError {
  return new TransportError('closed', 'this side closed the transport', { code: 0 })
}
