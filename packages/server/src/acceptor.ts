import type { AdmissionDesk, ConsumerGate } from '@aster/admission'
import {
  type CloseInfo,
  type Connection,
  type Logger,
  type Peer,
  type Transport,
  TransportError,
} from '@aster/rpc-core'
import {
  ADMISSION_ALPN,
  NOT_ADMITTED,
  PROTOCOL_VIOLATION,
  RPC_ALPN,
  runGuarded,
  TOO_MANY,
} from '@aster/rpc-core/protocol'
import type { ServedConnection } from '@aster/rpc-server'
import type { Traffic } from './traffic.ts'
import type { TwinWatch } from './twin-watch.ts'

/** The options of an `Acceptor`. */
export interface AcceptorOptions {
  readonly transport: Transport
  readonly gate: ConsumerGate
  /** Answers requests for admission. Without a desk the transport accepts no connections for admission. */
  readonly desk?: AdmissionDesk | undefined
  readonly serve: (connection: Connection, peer: Peer) => ServedConnection
  /** The name of the channel that the connections belong to. */
  readonly channel: string
  /** Counts the connections and refusals of all channels. */
  readonly traffic: Traffic
  /** Receives every connection, to detect copies of one node key. */
  readonly twins?: TwinWatch | undefined
  /** Called once if the transport stops accepting connections before `close()`. */
  readonly onBroken: (error: unknown) => void
  readonly logger?: Logger | undefined
}

/**
 * Accepts the connections of a transport. The desk answers those for admission; those for calls are served if the gate
 * lets their peer in.
 */
export class Acceptor {
  readonly #options: AcceptorOptions
  readonly #incoming: AsyncIterator<Connection>
  readonly #served = new Set<ServedConnection>()
  #closing = false
  #visits = 0
  /** Resolves when the transport accepts no more connections. Never rejects. */
  readonly ended: Promise<void>

  /** @throws TransportError if the transport listens already, or is closed */
  constructor(options: AcceptorOptions) {
    this.#options = options
    const alpns = options.desk === undefined ? [RPC_ALPN] : [RPC_ALPN, ADMISSION_ALPN]
    this.#incoming = options.transport.listen({ alpns })[Symbol.asyncIterator]()
    this.ended = this.#accept()
  }

  /** The number of open connections for admission. */
  get admissionConnections(): number {
    return this.#visits
  }

  /**
   * Stops accepting connections, ends admissions, waits up to `graceMs` milliseconds for running calls, and closes all
   * connections. A second call can shorten the wait.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true
    // Not awaited: a generator that waits for a connection handles `return()` only when its transport is closed.
    runGuarded(
      () => this.#incoming.return?.(),
      (error) => this.#options.logger?.debug({ err: error }, 'the transport did not take note of the end'),
    )
    this.#options.desk?.close()
    await Promise.all([...this.#served].map((served) => served.close({ graceMs })))
  }

  async #accept(): Promise<void> {
    try {
      for (let next = await this.#incoming.next(); next.done !== true; next = await this.#incoming.next())
        this.#take(next.value)
      if (!this.#closing) this.#options.onBroken(new TransportError('closed', 'the transport has ended'))
    } catch (error) {
      if (!this.#closing) this.#options.onBroken(error)
    }
  }

  /** Serves a connection. If that fails, the connection is closed; the other connections are not affected. */
  #take(connection: Connection): void {
    const onError = (error: unknown): void => {
      this.#options.logger?.error({ err: error, peer: connection.remoteId }, 'a connection could not be served')
      runGuarded(
        () => connection.close(),
        () => {},
      )
    }
    runGuarded(() => {
      if (this.#closing) return connection.close()
      this.#options.twins?.add(connection)
      this.#watch(connection)
      return connection.alpn === ADMISSION_ALPN ? this.#attend(connection) : this.#serve(connection)
    }, onError)
  }

  /** Counts the connection as a refusal if its peer violates the protocol. */
  #watch(connection: Connection): void {
    const look = ({ by, code, reason }: CloseInfo): void => {
      if (by !== 'network' || code !== PROTOCOL_VIOLATION) return
      this.#options.traffic.refusals.add({ cause: 'protocol', peer: connection.remoteId, message: reason })
    }
    // A rejection of `closed` is reported by the code that serves the connection.
    connection.closed.then(look, () => {})
  }

  async #attend(connection: Connection): Promise<void> {
    this.#visits++
    try {
      await this.#options.desk?.attend(connection)
    } finally {
      this.#visits--
    }
  }

  /** Serves calls if the peer may connect. Resolves when the connection is closed. */
  async #serve(connection: Connection): Promise<void> {
    const { gate, serve, channel, traffic } = this.#options
    const { table, refusals } = traffic
    const peer = connection.remoteId
    const access = gate.access(peer)
    if (access === undefined) {
      refusals.add({ cause: 'notAdmitted', peer }, connection)
      return connection.close(NOT_ADMITTED, 'not admitted')
    }
    const entry = table.add(connection, channel)
    if (typeof entry === 'string') {
      refusals.add({ cause: 'connections', peer, message: entry }, connection)
      return connection.close(TOO_MANY, entry)
    }
    const served = serve(connection, { id: peer, attributes: access.attributes })
    entry.served = served
    this.#served.add(served)
    await served.done
    this.#served.delete(served)
  }
}
