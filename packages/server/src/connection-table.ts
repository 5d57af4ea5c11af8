import type { Connection } from '@aster/rpc-core'
import type { ConnectionStats } from '@aster/rpc-server'

/** The limits of the connections for calls to a server. */
export interface ConnectionLimits {
  /** The largest number of open connections of all peers together. */
  readonly maxConnections: number
  /** The largest number of open connections of one peer. */
  readonly maxConnectionsPerPeer: number
}

/** A table entry: an open connection for calls. */
export interface OpenConnection {
  readonly connection: Connection
  readonly channel: string
  /** The state of the calls on the connection. Set when the connection begins to be served. */
  served?: { readonly stats: ConnectionStats; readonly idleSince: number | undefined } | undefined
}

/** The options of a `ConnectionTable`. */
export interface ConnectionTableOptions extends ConnectionLimits {
  /** Called with a connection that is about to be closed to make room for another one. */
  readonly onDisplaced: (connection: Connection, reason: string) => void
}

/**
 * The open connections for calls, on all channels of a server.
 *
 * If a peer is at its limit, a new connection displaces the peer's own connection that has been idle longest: after a loss of
 * the network, the old connections may be dead without the server knowing. If all peers together are at the limit, the new
 * connection displaces an idle one, as in nginx. The candidates are the idle connections of the peers with the most
 * connections, and of these the one that has been idle longest is closed; a connection of another peer is closed only if that
 * peer has at least as many as the new connection's peer would have. The displaced client dials again with its next call. If no
 * connection is idle, the new one is refused.
 */
export class ConnectionTable {
  readonly #options: ConnectionTableOptions
  readonly #byPeer = new Map<string, Set<OpenConnection>>()
  #size = 0

  constructor(options: ConnectionTableOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  /** Adds a connection until it closes, and returns its entry. If there is no room, returns the reason as a string. */
  add(connection: Connection, channel: string): OpenConnection | string {
    const { maxConnections, maxConnectionsPerPeer } = this.#options
    const { remoteId } = connection
    const ofPeer = this.#byPeer.get(remoteId)
    if (ofPeer !== undefined && ofPeer.size >= maxConnectionsPerPeer) {
      const found = `this peer has ${ofPeer.size} connections open, and the limit is ${maxConnectionsPerPeer} (maxConnectionsPerPeer)`
      if (!this.#displace(longestIdle(ofPeer), found)) return found
    }
    if (this.#size >= maxConnections) {
      const found = `${this.#size} connections are open, and the limit is ${maxConnections} (maxConnections)`
      if (!this.#displace(this.#spare(remoteId), found)) return found
    }
    const entry: OpenConnection = { connection, channel }
    const others = this.#byPeer.get(remoteId) ?? new Set()
    this.#byPeer.set(remoteId, others.add(entry))
    this.#size++
    void connection.closed.then(
      () => this.#remove(entry),
      () => this.#remove(entry),
    )
    return entry
  }

  *[Symbol.iterator](): Iterator<OpenConnection> {
    for (const entries of this.#byPeer.values()) yield* entries
  }

  /** Returns the idle connection to close in favor of a new one of `peer`. */
  #spare(peer: string): OpenConnection | undefined {
    const own = this.#byPeer.get(peer)
    let [found, most]: [OpenConnection | undefined, number] = [undefined, 0]
    for (const entries of this.#byPeer.values()) {
      if (entries.size < most || (entries !== own && entries.size <= (own?.size ?? 0))) continue
      const candidate = longestIdle(entries)
      if (candidate === undefined) continue
      if (entries.size > most || found === undefined || idleSince(candidate) < idleSince(found)) found = candidate
      most = entries.size
    }
    return found
  }

  #displace(entry: OpenConnection | undefined, limit: string): boolean {
    if (entry === undefined) return false
    const reason = `it was idle, and another connection was dialled: ${limit}`
    // `closed` may settle a turn later, but the place is needed now.
    this.#remove(entry)
    this.#options.onDisplaced(entry.connection, reason)
    entry.connection.close(0, reason)
    return true
  }

  #remove(entry: OpenConnection): void {
    const { remoteId } = entry.connection
    const entries = this.#byPeer.get(remoteId)
    if (entries?.delete(entry) !== true) return
    this.#size--
    if (entries.size === 0) this.#byPeer.delete(remoteId)
  }
}

/** Returns when a connection became idle, in milliseconds since the epoch; `Infinity` if a call runs on the connection. */
function idleSince({ served }: OpenConnection): number {
  return served?.idleSince ?? Infinity
}

function longestIdle(entries: Iterable<OpenConnection>): OpenConnection | undefined {
  let found: OpenConnection | undefined
  for (const entry of entries) {
    const since = idleSince(entry)
    if (since !== Infinity && (found === undefined || since < idleSince(found))) found = entry
  }
  return found
}
