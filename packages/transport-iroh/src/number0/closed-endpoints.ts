import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { settledWithin } from '@aster/rpc-core/protocol'

/** Endpoints that may wait for the garbage collector before one is asked for: each holds two sockets. */
const MAX_WAITING = 16
/** Collections in a row with pauses between them, after which what is still held counts as held by the program. */
const ROUNDS = 5
const PAUSE_MS = 20
/** How long after its collection an endpoint may hold its sockets: the addon's threads close them, when they come to it. */
const SETTLING_MS = 2_000
/** How long an endpoint that closes is waited for: iroh takes 3 s if a peer does not answer. */
const CLOSING_MS = 5_000

let waiting = 0
/** What closes now. None rejects. */
const closing = new Set<Promise<void>>()
let lastCollected = -Infinity
const registry = new FinalizationRegistry<undefined>(() => {
  waiting -= 1
  lastCollected = performance.now()
})

/**
 * Notes that an endpoint closes, which is done when `closed` settles. The addon frees its sockets with the last of its objects,
 * which is when the garbage collector takes them: until then the port cannot be bound again, and the descriptors count against
 * the process's limit.
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
 * Runs `bind`. If that fails for want of a port or of descriptors while closed endpoints may hold some, waits for those that
 * still close, collects garbage and runs it again, for up to two seconds.
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

/** Collects garbage until at most `most` closed endpoints are left, or nothing more is to be had; at least once, and until `end`. */
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

/** EADDRINUSE, EMFILE, ENFILE, as Rust says them. */
function isExhausted(error: unknown): boolean {
  return /address already in use|too many open files|os error (?:98|48|10048|24|23)\b/i.test(String(error))
}
