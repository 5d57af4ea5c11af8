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

export interface AcceptorOptions {
  readonly transport: Transport
  readonly gate: ConsumerGate
  /** Where admission is asked for; without, it is not asked for here. */
  readonly desk?: AdmissionDesk | undefined
  readonly serve: (connection: Connection, peer: Peer) => ServedConnection
  /** The name of the channel that the connections are for. */
  readonly channel: string
  /** Of all channels. */
  readonly traffic: Traffic
  /** Sees every connection. */
  readonly twins?: TwinWatch | undefined
  /** Called once if the transport stops giving connections before `close()`. */
  readonly onBroken: (error: unknown) => void
  readonly logger?: Logger | undefined
}

/** Takes connections from a transport: those for admission to the desk, those for calls past the gate. */
export class Acceptor {
  readonly #options: AcceptorOptions
  readonly #incoming: AsyncIterator<Connection>
  readonly #served = new Set<ServedConnection>()
  #closing = false
  #visits = 0
  /** Resolves, and never rejects, when the transport gives no more connections. */
  readonly ended: Promise<void>

  /** @throws TransportError where the transport listens already, or is closed */
  constructor(options: AcceptorOptions) {
    this.#options = options
    const alpns = options.desk === undefined ? [RPC_ALPN] : [RPC_ALPN, ADMISSION_ALPN]
    this.#incoming = options.transport.listen({ alpns })[Symbol.asyncIterator]()
    this.ended = this.#accept()
  }

  /** Open connections on which admission is asked for. */
  get admissionConnections(): number {
    return this.#visits
  }

  /** Takes no more connections, ends admissions, waits up to `graceMs` for running calls, then closes the rest. Again: waits less. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true
    // Not awaited: a generator that waits for a connection takes note no sooner than its transport is closed.
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

  /** A connection that cannot be served is closed; the others go on. */
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

  /** Tells of a peer that violates the protocol. */
  #watch(connection: Connection): void {
    const look = ({ by, code, reason }: CloseInfo): void => {
      if (by !== 'network' || code !== PROTOCOL_VIOLATION) return
      this.#options.traffic.refusals.add({ cause: 'protocol', peer: connection.remoteId, message: reason })
    }
    // What serves the connection tells of a `closed` that rejects.
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

  /** Resolves once the connection is gone. */
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
