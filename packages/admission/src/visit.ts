import type { Connection } from '@aster/rpc-core'
import { AdmissionError } from './errors.ts'

/** Milliseconds for which a consumer that has its answer may stay: time for the answer to arrive. */
const LINGER_MS = 1_000

/**
 * A connection that is being attended to:
 *
 * - `silent`: nothing has been received
 * - `asking`: a part of the request has been received, or all of it
 * - `answered`: the answer is sent, and the consumer is to leave
 */
export type VisitState = 'silent' | 'asking' | 'answered'

export class Visit {
  readonly peer: string
  /** Aborts when the visit ends. */
  readonly signal: AbortSignal
  readonly #connection: Connection
  readonly #controller = new AbortController()
  readonly #timer: ReturnType<typeof setTimeout>
  #lingering: ReturnType<typeof setTimeout> | undefined
  #state: VisitState = 'silent'

  /** @param timeoutMs milliseconds that the visit may last, its answer included */
  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection
    this.peer = connection.remoteId
    this.signal = this.#controller.signal
    this.#timer = setTimeout(() => this.end(`the handshake took more than ${timeoutMs} ms`), timeoutMs)
  }

  get state(): VisitState {
    return this.#state
  }

  /** Notes that bytes have been received. */
  hear(): void {
    if (this.#state === 'silent') this.#state = 'asking'
  }

  /** Notes that the answer is sent. A consumer that does not leave is sent away. */
  answered(): void {
    this.#state = 'answered'
    if (!this.signal.aborted) this.#lingering = setTimeout(() => this.end(''), LINGER_MS)
  }

  /** Closes the connection, whatever is under way on it. Safe to call again. */
  end(reason: string, code = 0): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#lingering)
    if (this.signal.aborted) return
    this.#controller.abort(new AdmissionError(reason))
    if (code === 0) this.#connection.close()
    else this.#connection.close(code, reason)
  }
}
