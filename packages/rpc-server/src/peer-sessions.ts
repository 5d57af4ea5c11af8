/**
 * Counts the open sessions of each peer. If all connections of a server share one `PeerSessions`, it bounds the sessions of a peer
 * over all its connections.
 */
export class PeerSessions {
  readonly #counts = new Map<string, number>()

  /** Counts a session of a peer, unless the peer has `max` already. Returns whether the session was counted. */
  open(peer: string, max: number): boolean {
    const count = this.#counts.get(peer) ?? 0
    if (count >= max) return false
    this.#counts.set(peer, count + 1)
    return true
  }

  /** Removes a counted session of a peer. */
  close(peer: string): void {
    const count = this.count(peer) - 1
    if (count > 0) this.#counts.set(peer, count)
    else this.#counts.delete(peer)
  }

  /** Returns the number of open sessions of a peer. */
  count(peer: string): number {
    return this.#counts.get(peer) ?? 0
  }
}
