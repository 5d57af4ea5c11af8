import { type Transport, TransportError } from '@aster/rpc-core'
import { abortable, linkSignals, misuseError, Pushable, runNeutral } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { MemoryConnection } from './memory-connection.ts'
import { type MemoryOptions, type MemorySettings, resolveSettings } from './options.ts'

/** A network of peers within one process, which dial each other by their ids. */
export class MemoryNetwork {
  readonly #settings: MemorySettings
  readonly #transports = new Map<string, MemoryTransport>()
  readonly #silent = new Set<string>()

  constructor(options: MemoryOptions = {}) {
    this.#settings = resolveSettings(options)
  }

  /** Adds a peer and returns its transport. Other peers dial it by `id`. @throws TypeError if the id is taken */
  transport(id: string): MemoryTransport {
    if (this.#transports.has(id)) throw new TypeError(`the network has a transport ${quoted(id)} already`)
    const transport = new MemoryTransport(id, {
      settings: this.#settings,
      find: (address) => this.#transports.get(address),
      isSilent: (address) => this.#silent.has(address),
      leave: () => this.#transports.delete(id),
    })
    this.#transports.set(id, transport)
    return transport
  }

  /** Makes an address silent. Dialling it waits until the caller's signal aborts or the transport is closed, and then fails. */
  silence(address: string): void {
    this.#silent.add(address)
  }
}

/** The part of the network that a transport uses. */
interface NetworkAccess {
  readonly settings: MemorySettings
  find(address: string): MemoryTransport | undefined
  isSilent(address: string): boolean
  leave(): void
}

/** A peer of a `MemoryNetwork`. */
export class MemoryTransport implements Transport<string> {
  /** The id of the peer, which is also its address. */
  readonly localAddress: string
  readonly #network: NetworkAccess
  readonly #connections = new Set<MemoryConnection>()
  readonly #closing = new AbortController()
  #listener: { readonly alpns: readonly string[]; readonly queue: Pushable<MemoryConnection> } | undefined

  constructor(id: string, network: NetworkAccess) {
    this.localAddress = id
    this.#network = network
  }

  async connect(
    address: string,
    { alpn, signal }: { alpn: string; signal?: AbortSignal | undefined },
  ): Promise<MemoryConnection> {
    signal?.throwIfAborted()
    this.#closing.signal.throwIfAborted()
    if (this.#network.isSilent(address)) await this.#waitInVain(signal)
    const peer = this.#network.find(address)
    if (peer === undefined) throw new TransportError('unreachable', `there is no peer at ${quoted(address)}`)
    const [here, there] = MemoryConnection.pair([this.localAddress, address], alpn, this.#network.settings)
    if (!peer.#accept(there)) {
      throw new TransportError('unreachable', `${quoted(address)} does not listen for ${quoted(alpn)}`)
    }
    this.#keep(here)
    return here
  }

  listen({ alpns }: { alpns: readonly string[] }): AsyncIterable<MemoryConnection> {
    this.#closing.signal.throwIfAborted()
    if (this.#listener !== undefined) throw misuseError('the transport listens already')
    const queue = new Pushable<MemoryConnection>(Infinity)
    this.#listener = { alpns: [...alpns], queue }
    return queue
  }

  /** Ends `listen` with an error, as a failing socket does. */
  breakListener(reason = 'the listener broke'): void {
    this.#listener?.queue.fail(new TransportError('lost', reason))
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new TransportError('closed', 'the transport is closed'))
    this.#network.leave()
    for (const connection of this.#connections) connection.close()
    this.#listener?.queue.end()
  }

  #accept(connection: MemoryConnection): boolean {
    if (!this.#listener?.queue.open || !this.#listener.alpns.includes(connection.alpn)) return false
    this.#keep(connection)
    void this.#listener.queue.push(connection)
    return true
  }

  #keep(connection: MemoryConnection): void {
    this.#connections.add(connection)
    // `closed` never rejects. A connection may outlive the async context of its caller.
    runNeutral(() => void connection.closed.then(() => this.#connections.delete(connection)))
  }

  /** Rejects when `signal` aborts or the transport closes, whichever comes first, and never resolves. */
  async #waitInVain(signal: AbortSignal | undefined): Promise<never> {
    const { signal: ended, cleanup } = linkSignals(signal, this.#closing.signal)
    try {
      return await abortable(new Promise<never>(() => {}), ended)
    } finally {
      cleanup()
    }
  }
}
