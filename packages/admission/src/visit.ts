import type { Connection } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
import { AdmissionError } from './errors.ts'

/** Milliseconds for which a consumer that has its answer may stay: time for the answer to arrive. */
const LINGER_MS = 1_000

/**
 * A connection that is being attended to:
 *
 * - `silent`: nothing has been received
 * - `asking`: a part of the request has been received
 * - `asked`: all of the request has been received, and is decided on
 * - `answering`: the answer is being sent
 * - `answered`: the answer is sent, and the consumer is to leave
 */
export type VisitState = 'silent' | 'asking' | 'asked' | 'answering' | 'answered'

const STEPS: readonly VisitState[] = ['silent', 'asking', 'asked', 'answering', 'answered']

export interface VisitOptions {
  /** Milliseconds that the visit may last, its answer included. */
  readonly timeoutMs: number
  /** Whether the connection is over the rate of its address. */
  readonly isOverRate: boolean
  /** Called before each new state, and when the visit ends. */
  readonly onLeave: (visit: Visit) => void
  /** Called in each new state. */
  readonly onEnter: (visit: Visit) => void
}

export class Visit {
  readonly peer: string
  readonly isOverRate: boolean
  /** Aborts when the visit ends. */
  readonly signal: AbortSignal
  readonly #connection: Connection
  readonly #options: VisitOptions
  readonly #controller = new AbortController()
  readonly #timer: ReturnType<typeof setTimeout>
  #lingering: ReturnType<typeof setTimeout> | undefined
  #state: VisitState = 'silent'
  #since = epochNow()

  constructor(connection: Connection, options: VisitOptions) {
    const { timeoutMs, isOverRate } = options
    this.#connection = connection
    this.#options = options
    this.peer = connection.remoteId
    this.isOverRate = isOverRate
    this.signal = this.#controller.signal
    this.#timer = setTimeout(() => this.end(`the handshake took more than ${timeoutMs} ms`), timeoutMs)
    options.onEnter(this)
  }

  get state(): VisitState {
    return this.#state
  }

  /** When the visit came to its state: milliseconds since the epoch. */
  get since(): number {
    return this.#since
  }

  /** Goes on to a state, unless the visit has ended or is there or further. */
  advance(state: VisitState): void {
    if (this.signal.aborted || STEPS.indexOf(state) <= STEPS.indexOf(this.#state)) return
    this.#options.onLeave(this)
    this.#state = state
    this.#since = epochNow()
    this.#options.onEnter(this)
    // A consumer that does not leave is sent away.
    if (state === 'answered') this.#lingering = setTimeout(() => this.end(''), LINGER_MS)
  }

  /** Closes the connection, whatever is under way on it. Safe to call again. */
  end(reason: string, code = 0): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#lingering)
    if (this.signal.aborted) return
    this.#options.onLeave(this)
    this.#controller.abort(new AdmissionError(reason))
    if (code === 0) this.#connection.close()
    else this.#connection.close(code, reason)
  }
}
