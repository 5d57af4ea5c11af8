import { onAbort } from '@aster/rpc-core/protocol'

/** What time it is and what chance says; tests have their own. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number
  /** From 0 to less than 1. */
  random(): number
}

export const systemClock: Clock = { now: () => performance.now(), random: () => Math.random() }

const FIRST_MS = 100
const MOST_MS = 5_000

/**
 * Milliseconds to wait after this many failures in a row: 100 doubling up to 5,000, of which chance takes up to half, so
 * that clients which lost the same producer do not come back all at once.
 */
export function backoffMs(failures: number, clock: Clock): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), MOST_MS) * (0.5 + clock.random() / 2)
}

/** Waits, or throws the reason of `signal`. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (ms <= 0) return
  await new Promise<void>((resolve, reject) => {
    const off = onAbort(signal, () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
    const timer = setTimeout(() => {
      off()
      resolve()
    }, ms)
    // It must not keep a process alive whose program has ended without closing the client.
    timer.unref()
  })
}
