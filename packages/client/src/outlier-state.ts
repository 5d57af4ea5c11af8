import { RpcError, StatusCode } from '@aster/rpc-core'
import { isUnavailable } from '@aster/rpc-core/protocol'
import { Backoff, type Clock } from './backoff.ts'

/** Milliseconds for which a target is ejected if it refuses this client, or offers other services than the other targets. */
const REFUSED_MS = 60_000
/** The number of `UNAVAILABLE` answers in a row that ejects a target. Fewer may come from a single failing handler. */
const MAX_UNAVAILABLE = 5

/**
 * Decides from the outcomes of calls and connects whether a target is ejected, which means that the picker skips it for a time
 * that grows with every failure in a row. A failure is a lost connection, a failed connect, or the fifth `UNAVAILABLE` answer in
 * a row; after that, every further such answer until a call succeeds. An outcome counts only if its call or connect began after
 * the last failure, so calls that fail together are one failure.
 */
export class OutlierState {
  readonly #backoff: Backoff
  #epoch = 0
  /** The number of calls in a row that were answered with `UNAVAILABLE`. */
  #unavailable = 0

  constructor(clock: Clock) {
    this.#backoff = new Backoff(clock)
  }

  /** The number of failures so far. A call or a connect reads it at its beginning and passes it with its outcome. */
  get epoch(): number {
    return this.#epoch
  }

  /** The clock time at which the ejection ends or has ended; 0 from a success to the next failure. */
  get ejectedUntil(): number {
    return this.#backoff.until
  }

  get ejected(): boolean {
    return this.#backoff.leftMs > 0
  }

  /** Records the outcome of a call that began in `epoch`. */
  recordOutcome(epoch: number, error: unknown): void {
    if (epoch !== this.#epoch || isCallersDoing(error)) return
    if (isUnavailable(error)) {
      this.#unavailable += 1
      if (this.#unavailable >= MAX_UNAVAILABLE) this.#fail()
    } else {
      this.#unavailable = 0
      this.#backoff.reset()
    }
  }

  /** Records the loss of a connection that this side did not close. */
  recordLoss(): void {
    this.#fail()
  }

  /** Records the failure of a connect that began in `epoch`. */
  recordConnectFailure(epoch: number, error: unknown): void {
    if (epoch !== this.#epoch) return
    this.#fail(isUnavailable(error) ? undefined : REFUSED_MS)
  }

  #fail(ms?: number): void {
    this.#epoch += 1
    this.#backoff.fail(ms)
  }
}

/** Returns true if the caller cancelled the call or its deadline passed. Such an outcome says nothing about the target. */
function isCallersDoing(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false
  return error.code === StatusCode.CANCELLED || error.code === StatusCode.DEADLINE_EXCEEDED
}
