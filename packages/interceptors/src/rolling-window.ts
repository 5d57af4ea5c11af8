const PARTS = 10

/** Counts calls and failures of the last `windowMs` milliseconds, to a tenth of that time. */
export class RollingWindow {
  readonly #partMs: number
  readonly #parts = Array.from({ length: PARTS }, () => ({ index: -Infinity, calls: 0, failures: 0 }))

  constructor(windowMs: number) {
    this.#partMs = windowMs / PARTS
  }

  /** Counts a call. `now` is in milliseconds, by a clock that never goes back. */
  add(now: number, failed: boolean): void {
    const index = Math.floor(now / this.#partMs)
    const part = this.#parts[index % PARTS]
    if (part === undefined) return
    if (part.index !== index) Object.assign(part, { index, calls: 0, failures: 0 })
    part.calls += 1
    if (failed) part.failures += 1
  }

  count(now: number): { calls: number; failures: number } {
    const newest = Math.floor(now / this.#partMs)
    let calls = 0
    let failures = 0
    for (const part of this.#parts) {
      if (part.index <= newest - PARTS) continue
      calls += part.calls
      failures += part.failures
    }
    return { calls, failures }
  }

  clear(): void {
    for (const part of this.#parts) part.index = -Infinity
  }
}
