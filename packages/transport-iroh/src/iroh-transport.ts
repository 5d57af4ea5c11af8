import type { NodeAddr, Transport } from '@aster/rpc-core'
import { epochNow, misuseError, runAt, runNeutral } from '@aster/rpc-core/protocol'
import { type Binding, type BindingName, type BoundEndpoint, closedHere, type IrohConnection } from './binding.ts'
import { chooseBinding } from './choose-binding.ts'
import { type EndpointOptions, type IrohTransportOptions, resolveOptions } from './options.ts'

/** Milliseconds between two looks at the address while the endpoint has no relay yet. */
const RELAY_POLL_MS = 50

/** An iroh endpoint. Dials peers by their public keys, and accepts peers that dial. */
export class IrohTransport implements Transport {
  /** The public key of this endpoint: 64 lower-case hex digits. */
  readonly endpointId: string
  /** The addon that runs iroh. */
  readonly binding: BindingName
  /**
   * The size of a message in bytes above which it is compressed: 16,384 with `@aster/iroh-native`, 1,024 with
   * `@number0/iroh`.
   */
  readonly compressAbove: number
  /** Whether relays are enabled. */
  readonly usesRelays: boolean
  /** Dropped once closed, so that its sockets can be freed. */
  #endpoint: BoundEndpoint | undefined
  #isListening = false
  #closed: Promise<void> | undefined
  #lastAddress: NodeAddr

  private constructor(binding: Binding, endpoint: BoundEndpoint, { relays }: EndpointOptions) {
    this.binding = binding.name
    this.compressAbove = binding.compressAbove
    this.usesRelays = relays !== 'disabled'
    this.#endpoint = endpoint
    this.#lastAddress = endpoint.address()
    this.endpointId = this.#lastAddress.endpointId
  }

  /**
   * Binds an endpoint.
   *
   * @throws TransportError (`misuse`) if an option is wrong
   * @throws AsterError if the socket cannot be bound, or if no binding of iroh can be loaded
   */
  static async bind(options: IrohTransportOptions = {}): Promise<IrohTransport> {
    const resolved = resolveOptions(options)
    const binding = await chooseBinding(options.logger)
    return new IrohTransport(binding, await binding.bind(resolved), resolved)
  }

  /**
   * The address of this endpoint, as far as it is known now. The relay is added some time after `bind`, and addresses
   * change with the network. After `close` this is the last known address.
   */
  get localAddress(): NodeAddr {
    if (this.#endpoint !== undefined) this.#lastAddress = this.#endpoint.address()
    return this.#lastAddress
  }

  /** The URL of the relay through which this endpoint can be reached, or `undefined` while no relay is known. */
  get relayUrl(): string | undefined {
    return this.localAddress.relayUrl
  }

  /**
   * Waits until the endpoint can be reached through a relay, and resolves with true. If relays are disabled, resolves with
   * true at once. Resolves with false after `timeoutMs` milliseconds, or when the transport is closed.
   */
  async online(timeoutMs: number): Promise<boolean> {
    if (!this.usesRelays) return true
    const end = epochNow() + timeoutMs
    while (this.#closed === undefined && this.relayUrl === undefined && epochNow() < end) {
      // iroh's own wait cannot be cancelled, and would keep the endpoint's sockets open.
      await new Promise<void>((resolve) => runAt(epochNow() + RELAY_POLL_MS, resolve))
    }
    return this.#closed === undefined && this.relayUrl !== undefined
  }

  async connect(
    address: NodeAddr,
    { alpn, signal }: { alpn: string; signal?: AbortSignal | undefined },
  ): Promise<IrohConnection> {
    signal?.throwIfAborted()
    return this.#open.connect(address, alpn, signal)
  }

  /**
   * Accepts connections from the call on. When the loop is left, later dials are refused. The loop ends when the transport
   * is closed, and fails with a `TransportError` (`lost`) if the addon stops accepting before.
   *
   * @throws TransportError (`misuse`) if the transport listens already, or (`closed`) if it is closed
   */
  listen({ alpns }: { alpns: readonly string[] }): AsyncIterable<IrohConnection> {
    const endpoint = this.#open
    if (this.#isListening) throw misuseError('the transport listens already')
    this.#isListening = true
    return endpoint.listen(alpns)
  }

  get #open(): BoundEndpoint {
    if (this.#closed !== undefined || this.#endpoint === undefined) throw closedHere()
    return this.#endpoint
  }

  /**
   * Closes every connection with code 0, then the endpoint. Waits up to 3 s until the peers confirm. iroh would also wait for
   * the peer of a dial that was in progress; in that case this method waits 100 ms, and the endpoint closes in the background
   * within 3 s. If `bindAddr` has a port, only `@number0/iroh` does so: over the native core the port is free afterwards.
   */
  close(): Promise<void> {
    return (this.#closed ??= runNeutral(() => this.#close()))
  }

  async #close(): Promise<void> {
    this.#lastAddress = this.localAddress
    try {
      await this.#endpoint?.close()
    } finally {
      this.#endpoint = undefined
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
