import { RpcError, StatusCode } from '@aster/rpc-core'
import { isUnavailable } from '@aster/rpc-core/protocol'
import { Backoff, type Clock } from './backoff.ts'

/** How long a target stays ejected if it refuses this client, or offers other services than the rest. */
const REFUSED_MS = 60_000
/** Calls in a row that a target answers with `UNAVAILABLE`, after which it is ejected: fewer may come from one handler. */
const MAX_UNAVAILABLE = 5

/**
 * Whether a target is ejected: passed over by the picker for a time that grows with every failure in a row. Fed by the
 * outcomes of calls and connects. A failure is a connection that is lost or cannot be made, and five calls in a row that were
 * answered with `UNAVAILABLE`; from then on every such answer, until a call succeeds. Calls that fail together are one failure:
 * an outcome counts only if the call or connect began after the last failure.
 */
export class OutlierState {
  readonly #backoff: Backoff
  #epoch = 0
  /** Calls in a row that were answered with `UNAVAILABLE`. */
  #unavailable = 0

  constructor(clock: Clock) {
    this.#backoff = new Backoff(clock)
  }

  /** The number of failures so far. A call or a connect notes it when it begins, for the record of its outcome. */
  get epoch(): number {
    return this.#epoch
  }

  /** The time on the clock at which the ejection ends or ended; 0 from a success to the next failure. */
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

/** Whether the caller ended the call, or left too little time for it: such an outcome says nothing about the target. */
function isCallersDoing(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false
  return error.code === StatusCode.CANCELLED || error.code === StatusCode.DEADLINE_EXCEEDED
}
