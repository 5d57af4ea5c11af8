import type { CloseInfo, Connection } from '@aster/rpc-core'
import { onAbort, runNeutral } from '@aster/rpc-core/protocol'
import { type Clock, pause } from './backoff.ts'
import { isCrowded, refusalWaitMs } from './connection-end.ts'
import type { Dialled } from './dial-repeatedly.ts'
import { type ConnectionKeeper, SharedConnection } from './shared-connection.ts'

/** The default of the option `maxConnectionsPerTarget`. */
export const DEFAULT_MAX_CONNECTIONS = 4

/** The options of `ExtraConnections`. */
export interface ExtraConnectionsOptions {
  /** The largest number of connections besides the first. */
  readonly max: number
  readonly dial: () => Promise<Dialled>
  readonly clock: Clock
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
  /** Milliseconds after which a first connection is closed if no call uses it. */
  readonly idleTimeoutMs: number
  readonly keeper: ConnectionKeeper
}

/** Milliseconds after which an unused extra connection is closed. */
const IDLE_MS = 30_000
/** Milliseconds until the next dial if a dial failed or the producer refused the connection. */
const RETRY_MS = 30_000

interface Extra {
  readonly shared: SharedConnection
  readonly stopWatching: () => void
}

/**
 * The connections to a peer besides the first. They take calls while the first one has no free stream. They need no admission,
 * because access belongs to the endpoint. The loss of one does not affect calls on the others.
 */
export class ExtraConnections {
  readonly #options: ExtraConnectionsOptions
  #extras: readonly Extra[] = []
  /** Connections that take no new calls and close when their last call ends. */
  readonly #retired = new Set<SharedConnection>()
  #isDialling = false
  #retryAt = -Infinity

  constructor(options: ExtraConnectionsOptions) {
    this.#options = options
  }

  /** The number of running calls and sessions on these connections. */
  get pending(): number {
    let pending = 0
    for (const { shared } of this.#extras) pending += shared.pending
    for (const { pending: left } of this.#retired) pending += left
    return pending
  }

  /**
   * Returns the connection for the next call: the first one until it is full, and again when it is half empty, so that the others
   * become idle and are closed. In between, returns the connection with the fewest calls.
   */
  pick(first: SharedConnection): SharedConnection {
    if (this.#extras.length === 0 || (first.isHalfEmpty && !first.isFull)) return first
    return this.#leastPending(first) ?? first
  }

  /**
   * Returns a connection with room for a call that waits on a full one. If every connection is full, starts a dial and
   * returns `undefined`.
   */
  findRoom(first: SharedConnection | undefined, full: SharedConnection): SharedConnection | undefined {
    const free = this.#leastPending(first, full)
    if (free === undefined) this.#grow()
    return free
  }

  #leastPending(first: SharedConnection | undefined, except?: SharedConnection): SharedConnection | undefined {
    let least: SharedConnection | undefined
    const consider = (one: SharedConnection): void => {
      if (one === except || one.isFull) return
      if (least === undefined || one.pending < least.pending) least = one
    }
    if (first !== undefined) consider(first)
    for (const { shared } of this.#extras) consider(shared)
    return least
  }

  #grow(): void {
    const { max, clock, closing } = this.#options
    if (this.#isDialling || this.#extras.length >= max || clock.now() < this.#retryAt || closing.aborted) return
    this.#isDialling = true
    // A call starts the dial, but the connection must not keep the async context of that call.
    runNeutral(() => void this.#connect())
  }

  async #connect(): Promise<void> {
    try {
      this.#add(await this.#dial())
    } catch {
      // Calls continue to wait on the connections that exist.
      this.#holdOff()
    } finally {
      this.#isDialling = false
    }
  }

  /** Dials, and waits one round trip, within which a producer that has too many connections closes the new one. */
  async #dial(): Promise<Connection> {
    const { dial, closing } = this.#options
    const { connection, tookMs } = await dial()
    const off = onAbort(closing, () => connection.close())
    const wait = pause(refusalWaitMs(tookMs, connection.rttMs), closing)
    const end = await Promise.race([connection.closed, wait]).finally(off)
    if (end !== undefined) throw new Error(end.reason)
    return connection
  }

  #add(connection: Connection): void {
    const { clock, idleTimeoutMs, keeper } = this.#options
    const shared = new SharedConnection(connection, clock, (end) => this.#lose(shared, end), keeper)
    const stopWatching = shared.watchIdle(Math.min(IDLE_MS, idleTimeoutMs), () => {
      this.remove(shared)
      connection.close(0, 'idle')
    })
    this.#extras = [...this.#extras, { shared, stopWatching }]
  }

  #lose(shared: SharedConnection, end: CloseInfo): void {
    this.remove(shared)
    if (isCrowded(end)) this.#holdOff()
  }

  #holdOff(): void {
    this.#retryAt = this.#options.clock.now() + RETRY_MS
  }

  /** Removes a connection, whose calls continue. Returns false if the connection is not one of these. */
  remove(shared: SharedConnection): boolean {
    const extra = this.#extras.find((one) => one.shared === shared)
    extra?.stopWatching()
    this.#extras = this.#extras.filter((one) => one !== extra)
    return extra !== undefined
  }

  /** Removes and returns a connection that is to become the first; `undefined` if none exists. */
  takeOne(): SharedConnection | undefined {
    const [extra] = this.#extras
    if (extra !== undefined) this.remove(extra.shared)
    return extra?.shared
  }

  /** Retires a connection, the first or another one: it takes no new calls and closes when its last call ends. */
  retire(shared: SharedConnection): void {
    this.remove(shared)
    this.#retired.add(shared)
    const forget = (): void => void this.#retired.delete(shared)
    shared.connection.closed.then(forget, forget)
    shared.retire()
  }

  /** Retires all connections, because they may have been lost together with the first. */
  retireAll(): void {
    for (const { shared } of this.#extras) this.retire(shared)
  }

  /** Closes all connections. */
  close(): void {
    for (const { shared, stopWatching } of this.#extras) {
      stopWatching()
      shared.connection.close()
    }
    this.#extras = []
    for (const { connection } of this.#retired) connection.close()
  }
}
