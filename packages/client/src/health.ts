import { RpcError, StatusCode } from '@aster/rpc-core'
import { backoffMs, type Clock } from './backoff.ts'

/** How long a producer is left alone that refused this client, or offers other services than the rest. */
const REFUSED_MS = 60_000

/** Outcomes that say nothing about the producer: the caller ended the call, or had too little time for it. */
const NO_NEWS: readonly StatusCode[] = [StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED]

/**
 * What the outcomes of calls and connects say about a producer. It is good, or bad until a time that grows with every
 * failure. Many calls that fail together are one failure: only what began after the last one counts.
 */
export class Health {
  readonly #clock: Clock
  #failures = 0
  #badUntil = 0
  #epoch = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** To be kept from the beginning of a call or a connect, for `record`. */
  get epoch(): number {
    return this.#epoch
  }

  /** On the clock; 0 from a success to the next failure. */
  get badUntil(): number {
    return this.#badUntil
  }

  get bad(): boolean {
    return this.#badUntil > 0 && this.#clock.now() < this.#badUntil
  }

  /** The outcome of a call, or of a connect, that began in `epoch`. */
  record(epoch: number, error: unknown): void {
    if (epoch !== this.#epoch || (error instanceof RpcError && NO_NEWS.includes(error.code))) return
    if (error instanceof RpcError && error.code === StatusCode.UNAVAILABLE) this.#fail()
    else this.#recover()
  }

  /** The connection is gone, and nobody here wanted that. */
  recordLoss(): void {
    this.#fail()
  }

  /** A connect that began in `epoch` came to nothing. */
  recordRefusal(epoch: number, error: unknown): void {
    if (epoch !== this.#epoch) return
    const unreachable = error instanceof RpcError && error.code === StatusCode.UNAVAILABLE
    this.#fail(unreachable ? undefined : REFUSED_MS)
  }

  #fail(ms?: number): void {
    this.#failures += 1
    this.#epoch += 1
    this.#badUntil = this.#clock.now() + (ms ?? backoffMs(this.#failures, this.#clock))
  }

  #recover(): void {
    this.#failures = 0
    this.#badUntil = 0
  }
}
