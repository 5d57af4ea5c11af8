import type { CloseInfo, Connection } from '@aster/rpc-core'
import { onAbort, runNeutral } from '@aster/rpc-core/protocol'
import { type Clock, pause } from './backoff.ts'
import { isCrowded, refusalWaitMs } from './connection-end.ts'
import type { Dialled } from './dial-repeatedly.ts'
import { type ConnectionKeeper, SharedConnection } from './shared-connection.ts'

/** Connections to one endpoint of a producer, unless the option says otherwise. */
export const DEFAULT_MAX_CONNECTIONS = 4

export interface ExtraConnectionsOptions {
  /** Connections beside the first. */
  readonly max: number
  readonly dial: () => Promise<Dialled>
  readonly clock: Clock
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
  /** Milliseconds after which an unused connection of the first kind is closed. */
  readonly idleTimeoutMs: number
  readonly keeper: ConnectionKeeper
}

/** Milliseconds after which a connection that nothing uses is closed. */
const IDLE_MS = 30_000
/** Milliseconds until another dial after one that failed, or that the producer refused. */
const RETRY_MS = 30_000

interface Extra {
  readonly shared: SharedConnection
  readonly stopWatching: () => void
}

/**
 * The connections to a peer beside the first, which take calls while the first one has no stream for them. Access belongs to
 * the endpoint, so that they need no admission. If one is lost, the calls on the others go on.
 */
export class ExtraConnections {
  readonly #options: ExtraConnectionsOptions
  #extras: readonly Extra[] = []
  /** Those that take no new calls, until their calls have ended. */
  readonly #retired = new Set<SharedConnection>()
  #isDialling = false
  #retryAt = -Infinity

  constructor(options: ExtraConnectionsOptions) {
    this.#options = options
  }

  /** Calls and sessions under way on these connections. */
  get pending(): number {
    let pending = 0
    for (const { shared } of this.#extras) pending += shared.pending
    for (const { pending: left } of this.#retired) pending += left
    return pending
  }

  /**
   * Returns the connection for the next call. The first one has all calls until it is full, and again once it is half empty: so
   * the others become idle, and are closed. In between the one with the fewest calls is next.
   */
  pick(first: SharedConnection): SharedConnection {
    if (this.#extras.length === 0 || (first.isHalfEmpty && !first.isFull)) return first
    return this.#leastPending(first) ?? first
  }

  /** Returns a connection that is not full, for a call that waits on another one. Dials one if there is none. */
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
    // The connection belongs to no call, though a call is what wants it.
    runNeutral(() => void this.#connect())
  }

  async #connect(): Promise<void> {
    try {
      this.#add(await this.#dial())
    } catch {
      // The calls go on where they are.
      this.#holdOff()
    } finally {
      this.#isDialling = false
    }
  }

  /** Dials, and waits for a moment, within which the producer closes a connection that is one too many. */
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

  /** Takes a connection out, which goes on with its calls. Returns false if there is no such connection here. */
  remove(shared: SharedConnection): boolean {
    const extra = this.#extras.find((one) => one.shared === shared)
    extra?.stopWatching()
    this.#extras = this.#extras.filter((one) => one !== extra)
    return extra !== undefined
  }

  /** Takes out a connection, which becomes the first; `undefined` if there is none. */
  takeOne(): SharedConnection | undefined {
    const [extra] = this.#extras
    if (extra !== undefined) this.remove(extra.shared)
    return extra?.shared
  }

  /** Has a connection end with its calls, be it the first or another one. */
  retire(shared: SharedConnection): void {
    this.remove(shared)
    this.#retired.add(shared)
    const forget = (): void => void this.#retired.delete(shared)
    shared.connection.closed.then(forget, forget)
    shared.retire()
  }

  /** Has all connections end with their calls: they may have been lost together with the first. */
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
