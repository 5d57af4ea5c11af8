import { RollingWindow } from './rolling-window.ts'

/** `closed`: all calls pass. `open`: all calls are refused. `half-open`: a few calls pass, to find out whether the peer is back. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** The options of `circuitBreaker` that a circuit needs, with their defaults. */
export interface CircuitOptions {
  readonly failureRate: number
  readonly minCalls: number
  readonly windowMs: number
  readonly openMs: number
  readonly probes: number
}

/** The outcome of a call; `neither` is no evidence about the peer. */
export type Verdict = 'success' | 'failure' | 'neither'

/** Reports the outcome of a call; only the first report counts. */
export type Report = (verdict: Verdict) => void

/**
 * The states and their transitions:
 *
 * - closed → open, if the window has at least `minCalls` calls, of which at least the fraction `failureRate` failed
 * - open → half-open, at the first call after `openMs`
 * - half-open → closed, when `probes` calls have succeeded; → open, when one fails
 *
 * The outcome of a call that began in an earlier state changes nothing.
 */
export class Circuit {
  readonly #options: CircuitOptions
  readonly #onChange: (from: CircuitState, to: CircuitState) => void
  readonly #window: RollingWindow
  #state: CircuitState = 'closed'
  #generation = 0
  /** The time when the circuit opened, or when it let the last probe through. */
  #since = 0
  #probing = 0
  #successes = 0
  #why = ''

  constructor(options: CircuitOptions, onChange: (from: CircuitState, to: CircuitState) => void) {
    this.#options = options
    this.#onChange = onChange
    this.#window = new RollingWindow(options.windowMs)
  }

  get state(): CircuitState {
    return this.#state
  }

  /** Lets a call through and returns the function that reports its outcome, or returns the reason why the call is refused. */
  admit(): Report | string {
    const now = performance.now()
    const left = this.#since + this.#options.openMs - now
    if (this.#state === 'open') {
      if (left > 0) return `${this.#why}; the next attempt is in ${Math.ceil(left)} ms`
      this.#change('half-open', now)
    }
    if (this.#state === 'half-open') {
      // A probe that never ends must not keep the circuit half-open: after `openMs` another probe is let through.
      if (this.#probing + this.#successes >= this.#options.probes && left > 0)
        return `${this.#why}; a call that tries whether it is over is under way`
      this.#probing += 1
      this.#since = now
    }
    const generation = this.#generation
    let reported = false
    return (verdict) => {
      if (reported || generation !== this.#generation) return
      reported = true
      this.#report(verdict)
    }
  }

  #report(verdict: Verdict): void {
    const now = performance.now()
    if (this.#state === 'half-open') {
      this.#probing -= 1
      if (verdict === 'success') this.#successes += 1
      if (verdict === 'failure') this.#open('a call that tried whether it is over failed', now)
      else if (this.#successes >= this.#options.probes) this.#change('closed', now)
      return
    }
    if (verdict === 'neither') return
    this.#window.add(now, verdict === 'failure')
    if (verdict === 'success') return
    const { calls, failures } = this.#window.count(now)
    const { minCalls, failureRate, windowMs } = this.#options
    if (calls >= minCalls && failures / calls >= failureRate)
      this.#open(`${failures} of ${calls} calls failed within ${windowMs} ms`, now)
  }

  #open(why: string, now: number): void {
    this.#why = why
    this.#change('open', now)
  }

  #change(to: CircuitState, now: number): void {
    const from = this.#state
    this.#state = to
    this.#generation += 1
    this.#since = now
    this.#probing = 0
    this.#successes = 0
    this.#window.clear()
    this.#onChange(from, to)
  }
}
