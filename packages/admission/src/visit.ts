import type { Connection } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
import { AdmissionError } from './errors.ts'

/** The time for which a consumer may stay after its answer was sent, so that the answer can arrive. */
const LINGER_MS = 1_000

/**
 * The state of a visit:
 *
 * - `silent`: nothing has been received
 * - `asking`: a part of the request has been received
 * - `asked`: the whole request has been received, and the decision is pending
 * - `answering`: the answer is being sent
 * - `answered`: the answer was sent, and the consumer should leave
 */
export type VisitState = 'silent' | 'asking' | 'asked' | 'answering' | 'answered'

const STEPS: readonly VisitState[] = ['silent', 'asking', 'asked', 'answering', 'answered']

export interface VisitOptions {
  /** The time limit of the visit, including its answer, in milliseconds. */
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

  /** The time at which the visit entered its state, in milliseconds since the epoch. */
  get since(): number {
    return this.#since
  }

  /** Advances to a state. Does nothing if the visit has ended, or has reached that state. */
  advance(state: VisitState): void {
    if (this.signal.aborted || STEPS.indexOf(state) <= STEPS.indexOf(this.#state)) return
    this.#options.onLeave(this)
    this.#state = state
    this.#since = epochNow()
    this.#options.onEnter(this)
    // If the consumer does not leave, its connection is closed.
    if (state === 'answered') this.#lingering = setTimeout(() => this.end(''), LINGER_MS)
  }

  /** Closes the connection, even while a request or an answer is under way. Further calls do nothing. */
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
