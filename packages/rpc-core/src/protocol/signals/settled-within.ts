import { epochNow } from './clock.ts'
import { runAt } from './signals.ts'

/** Resolves when `promise` has settled, or after `ms` milliseconds. Never rejects. */
export function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = runAt(epochNow() + ms, resolve)
    const end = (): void => {
      stop()
      resolve()
    }
    promise.then(end, end)
  })
}
