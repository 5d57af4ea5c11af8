import { RollingWindow } from './rolling-window.ts'

/** `closed`: calls go through. `open`: none does. `half-open`: a few do, to see whether the peer is back. */
export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitOptions {
  readonly failureRate: number
  readonly minCalls: number
  readonly windowMs: number
  readonly openMs: number
  readonly probes: number
}

/** What became of a call; `neither` says nothing about the peer. */
export type Verdict = 'success' | 'failure' | 'neither'

/** Says how a call ended; only the first time counts. */
export type Report = (verdict: Verdict) => void

/**
 * The states and their transitions:
 *
 * - closed → open, when of at least `minCalls` calls in the window `failureRate` or more failed
 * - open → half-open, at the first call after `openMs`
 * - half-open → closed, when `probes` calls succeeded; → open, when one fails
 *
 * Calls that began in a state before the present one change nothing.
 */
export class Circuit {
  readonly #options: CircuitOptions
  readonly #onChange: (from: CircuitState, to: CircuitState) => void
  readonly #window: RollingWindow
  #state: CircuitState = 'closed'
  #generation = 0
  /** When it opened, or let the last probe through. */
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

  /** Lets a call through, or gives the reason why not. */
  admit(): Report | string {
    const now = performance.now()
    const left = this.#since + this.#options.openMs - now
    if (this.#state === 'open') {
      if (left > 0) return `${this.#why}; the next attempt is in ${Math.ceil(left)} ms`
      this.#change('half-open', now)
    }
    if (this.#state === 'half-open') {
      // A probe without an end must not keep the circuit from closing: after `openMs` another one may try.
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
