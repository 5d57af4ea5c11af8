import type { ConnectionLease, FullConnection, LateStream } from '@aster/rpc-client'
import type { Connection, RpcError } from '@aster/rpc-core'
import type { OutlierState } from './outlier-state.ts'
import type { SharedConnection } from './shared-connection.ts'

/** A connection that one call or session has acquired. Its outcome is recorded in the outlier state of the target. */
export class TargetLease implements ConnectionLease {
  readonly #outlier: OutlierState
  readonly #epoch: number
  #shared: SharedConnection
  #ended = false

  constructor(shared: SharedConnection, outlier: OutlierState) {
    this.#shared = shared
    this.#outlier = outlier
    this.#epoch = outlier.epoch
    shared.acquire()
  }

  get connection(): Connection {
    return this.#shared.connection
  }

  /**
   * Moves to another connection to the same endpoint if one has room. Otherwise dials one if the target may have more
   * connections.
   */
  move(full: FullConnection): boolean {
    const other = this.#ended ? undefined : this.#shared.findRoom(full)
    if (other === undefined) return false
    other.acquire()
    this.#shared.release()
    this.#shared = other
    return true
  }

  /** Counts a stream that the producer has not ended in time. Called after the release. */
  reportStream(state: LateStream): void {
    this.#shared.reportStream(state)
  }

  /** Ends the lease, and records the outcome of its call or session. Does nothing if the lease has ended. */
  release(error: RpcError | undefined): void {
    if (this.#ended) return
    this.discard()
    this.#outlier.recordOutcome(this.#epoch, error)
  }

  /** Ends an unused lease without recording an outcome. Does nothing if the lease has ended. */
  discard(): void {
    if (this.#ended) return
    this.#ended = true
    this.#shared.release()
  }
}
