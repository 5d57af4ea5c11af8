/** Tokens that are added at a steady rate, up to `burst` tokens. Needs no timer: tokens are counted when one is taken. */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #at: number

  /** @param now in milliseconds, by a clock that never goes back */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** Takes a token and returns 0, or returns the milliseconds until there is one. */
  take(now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perMs
    this.#tokens -= 1
    return 0
  }

  /** Returns a token to the bucket, if the call that took it was refused. */
  put(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1)
  }
}
