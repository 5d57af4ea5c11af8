import type { NodeAddr, Transport } from '@aster/rpc-core'
import { epochNow, misuseError, runAt, runNeutral } from '@aster/rpc-core/protocol'
import { type Binding, type BindingName, type BoundEndpoint, closedHere, type IrohConnection } from './binding.ts'
import { chooseBinding } from './choose-binding.ts'
import { type EndpointOptions, type IrohTransportOptions, resolveOptions } from './options.ts'

/** How often the address is looked at until it has a relay. */
const RELAY_POLL_MS = 50

/** An iroh endpoint: dials peers by their public keys, and accepts those that dial. */
export class IrohTransport implements Transport {
  /** The public key: 64 lower-case hex digits. */
  readonly endpointId: string
  /** Which addon runs iroh. */
  readonly binding: BindingName
  /** Bytes of a message above which it is compressed: 16,384 with `@aster/iroh-native`, 1,024 with `@number0/iroh`. */
  readonly compressAbove: number
  /** Whether relays are enabled. */
  readonly usesRelays: boolean
  /** Dropped once it is closed, and its sockets with it. */
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
   * @throws TransportError (`misuse`) for an option that is wrong
   * @throws AsterError if the socket cannot be bound, or no binding of iroh can be loaded
   */
  static async bind(options: IrohTransportOptions = {}): Promise<IrohTransport> {
    const resolved = resolveOptions(options)
    const binding = await chooseBinding(options.logger)
    return new IrohTransport(binding, await binding.bind(resolved), resolved)
  }

  /** As it is known now: the relay comes some time after `bind`, and addresses change with the network. The last one once closed. */
  get localAddress(): NodeAddr {
    if (this.#endpoint !== undefined) this.#lastAddress = this.#endpoint.address()
    return this.#lastAddress
  }

  /** The URL of the relay through which this endpoint can be reached; `undefined` if it has none, or not yet. */
  get relayUrl(): string | undefined {
    return this.localAddress.relayUrl
  }

  /**
   * Waits until the endpoint can be reached through a relay. Resolves to true then, and at once if relays are disabled; to
   * false after `timeoutMs`, or once the transport is closed.
   */
  async online(timeoutMs: number): Promise<boolean> {
    if (!this.usesRelays) return true
    const end = epochNow() + timeoutMs
    while (this.#closed === undefined && this.relayUrl === undefined && epochNow() < end) {
      // iroh's own wait cannot be called off, and would keep the endpoint's sockets.
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
   * Accepts from the call on. Once per transport; leaving the loop refuses whoever dials later. The loop ends with the
   * transport, and fails with a `TransportError` (`lost`) if the addon stops accepting before that.
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
   * Closes every connection with code 0, then the endpoint. Waits up to 3 s for peers to take note. With a dial under way,
   * iroh would wait for that peer as well: then peers have 100 ms, and the endpoint closes by itself within 3 s more.
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
