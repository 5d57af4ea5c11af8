import type { Logger } from '../logger.ts'
import { epochNow } from './signals/clock.ts'

/** The most keys that are remembered. Peers come and go, and their keys must not accumulate. */
const MAX_KEYS = 1_000

/** Remembers which lines were logged, so that a mistake which every call repeats is not logged for every call. */
export class Notices {
  readonly #times = new Map<string, number>()

  /** Returns whether to log the line of `key` now: the first time, and again after `everyMs` milliseconds. */
  isDue(key: string, everyMs: number): boolean {
    const now = epochNow()
    const last = this.#times.get(key)
    if (last !== undefined && now - last < everyMs) return false
    this.#times.delete(key)
    this.#times.set(key, now)
    for (const oldest of this.#times.keys()) {
      if (this.#times.size <= MAX_KEYS) break
      this.#times.delete(oldest)
    }
    return true
  }
}

const byLogger = new WeakMap<Logger, Notices>()

/** Returns the notices of a logger. All servers and clients with the same logger share them. */
export function noticesOf(logger: Logger | undefined): Notices {
  const known = logger && byLogger.get(logger)
  const notices = known ?? new Notices()
  if (logger !== undefined && known === undefined) byLogger.set(logger, notices)
  return notices
}
