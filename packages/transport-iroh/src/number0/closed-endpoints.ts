import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { settledWithin } from '@aster/rpc-core/protocol'

/** Closed endpoints that may wait for the garbage collector before a collection is forced. Each of them holds two sockets. */
const MAX_WAITING = 16
/** Collections in a row, with pauses between them, after which a remaining endpoint counts as held by the program. */
const ROUNDS = 5
const PAUSE_MS = 20
/** Milliseconds for which a collected endpoint may still hold its sockets: the addon's threads close them in the background. */
const SETTLING_MS = 2_000
/** Milliseconds to wait for an endpoint that closes: iroh takes 3 s if a peer does not answer. */
const CLOSING_MS = 5_000

let waiting = 0
/** The endpoints that are closing. None of the promises rejects. */
const closing = new Set<Promise<void>>()
let lastCollected = -Infinity
const registry = new FinalizationRegistry<undefined>(() => {
  waiting -= 1
  lastCollected = performance.now()
})

/**
 * Records that an endpoint closes, which is done when `closed` settles. The addon frees the sockets of an endpoint when the
 * garbage collector takes the last of its objects. Until then the port cannot be bound again, and the descriptors count
 * towards the limit of the process.
 */
export function noteClosed(endpoint: object, closed: Promise<unknown>): void {
  waiting += 1
  registry.register(endpoint, undefined)
  const settled = closed.then(
    () => {},
    () => {},
  )
  closing.add(settled)
  void settled.then(() => closing.delete(settled))
}

/**
 * Runs `bind`. If it fails because the port or the descriptors are in use, and closed endpoints may hold some, waits for
 * endpoints that are still closing, collects garbage and runs `bind` again, for up to two seconds.
 */
export async function bindBehindClosed<T>(bind: () => Promise<T>): Promise<T> {
  if (waiting >= MAX_WAITING) await collect(MAX_WAITING / 2, performance.now() + SETTLING_MS)
  let end: number | undefined
  for (;;) {
    try {
      return await bind()
    } catch (error) {
      const isOver = end !== undefined && performance.now() > end
      if (isOver || !mayHoldSockets() || !isExhausted(error)) throw error
      if (end === undefined && closing.size > 0) await settledWithin(Promise.all(closing), CLOSING_MS)
      end ??= performance.now() + SETTLING_MS
      await collect(0, end)
      await pause()
    }
  }
}

function mayHoldSockets(): boolean {
  return waiting > 0 || performance.now() - lastCollected < SETTLING_MS
}

/**
 * Collects garbage at least once, until at most `most` closed endpoints are left, a collection frees no more, or `end` has
 * passed.
 */
async function collect(most: number, end: number): Promise<void> {
  for (let round = 0; waiting > most && round < ROUNDS; round++) {
    // A collection takes a second in a program that uses gigabytes.
    if (round > 0 && performance.now() > end) return
    garbageCollector()()
    // Finalizers run in turns of their own.
    await pause()
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}

let gc: (() => void) | undefined

function garbageCollector(): () => void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  return gc
}

/** Returns whether an error of Rust is EADDRINUSE, EMFILE or ENFILE. */
function isExhausted(error: unknown): boolean {
  return /address already in use|too many open files|os error (?:98|48|10048|24|23)\b/i.test(String(error))
}
