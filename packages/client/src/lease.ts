import type { Connection, RpcError } from '@aster/rpc-core'
import type { ConnectionLease } from '@aster/rpc-client'
import type { Clock } from './backoff.ts'
import type { Health } from './health.ts'

/** An open connection, and how many use it. */
export class ConnectionUse {
  readonly connection: Connection
  readonly #clock: Clock
  #busy = 0
  #idleSince: number

  constructor(connection: Connection, clock: Clock) {
    this.connection = connection
    this.#clock = clock
    this.#idleSince = clock.now()
  }

  /** Calls and sessions that run over it. */
  get busy(): number {
    return this.#busy
  }

  /** Milliseconds since the last of them ended; 0 while one runs. */
  get idleMs(): number {
    return this.#busy > 0 ? 0 : this.#clock.now() - this.#idleSince
  }

  begin(): void {
    this.#busy += 1
  }

  end(): void {
    this.#busy -= 1
    if (this.#busy === 0) this.#idleSince = this.#clock.now()
  }
}

/** A connection on loan to one call or session, whose outcome the producer's health learns. */
export class Lease implements ConnectionLease {
  readonly #use: ConnectionUse
  readonly #health: Health
  readonly #epoch: number
  #released = false

  constructor(use: ConnectionUse, health: Health) {
    this.#use = use
    this.#health = health
    this.#epoch = health.epoch
    use.begin()
  }

  get connection(): Connection {
    return this.#use.connection
  }

  release(error: RpcError | undefined): void {
    if (this.#released) return
    this.giveBack()
    this.#health.record(this.#epoch, error)
  }

  /** For a lease that nobody used. */
  giveBack(): void {
    if (this.#released) return
    this.#released = true
    this.#use.end()
  }
}
