import type { Connection, RpcError } from '@aster/rpc-core'
import type { ConnectionLease } from '@aster/rpc-client'
import type { OutlierState } from './outlier-state.ts'
import type { SharedConnection } from './shared-connection.ts'

/** A connection that one call or session has acquired. The outcome goes to the outlier state of the target. */
export class TargetLease implements ConnectionLease {
  readonly #shared: SharedConnection
  readonly #outlier: OutlierState
  readonly #epoch: number
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

  /** Ends the lease, and records the outcome of its call or session. Does nothing if the lease has ended. */
  release(error: RpcError | undefined): void {
    if (this.#ended) return
    this.discard()
    this.#outlier.recordOutcome(this.#epoch, error)
  }

  /** Ends a lease that was not used, and records nothing. Does nothing if the lease has ended. */
  discard(): void {
    if (this.#ended) return
    this.#ended = true
    this.#shared.release()
  }
}
