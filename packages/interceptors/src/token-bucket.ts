/** Tokens that come back at a steady rate, up to `burst` of them. No timer: it looks at the clock when it is asked. */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #at: number

  /** `now` in milliseconds, on a clock that does not go back. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** Takes a token: 0. Or gives the milliseconds until there is one. */
  take(now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perMs
    this.#tokens -= 1
    return 0
  }

  /** Gives a token back, of what did not happen after all. */
  put(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1)
  }
}
