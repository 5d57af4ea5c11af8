import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Endpoints that may wait for the garbage collector before one is asked for: each holds two sockets. */
const MAX_WAITING = 16
/** Collections and pauses between them, after which what is still held counts as held by the program. */
const ROUNDS = 5
const PAUSE_MS = 20
/** How long after its collection an endpoint may hold its sockets: the addon's threads close them, when they come to it. */
const SETTLING_MS = 2_000

let waiting = 0
/** What closes now. Each ends within seconds. */
const closing = new Set<Promise<unknown>>()
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
  const forget = (): void => void closing.delete(closed)
  closing.add(closed)
  closed.then(forget, forget)
}

/**
 * Runs `bind`. If that fails for want of a port or of descriptors while closed endpoints may hold some, waits for those that
 * still close, collects garbage and runs it again, for up to two seconds.
 */
export async function bindBehindClosed<T>(bind: () => Promise<T>): Promise<T> {
  if (waiting >= MAX_WAITING) await collect(MAX_WAITING / 2)
  const started = performance.now()
  for (let round = 0; ; round++) {
    try {
      return await bind()
    } catch (error) {
      const over = round >= ROUNDS && performance.now() - started > SETTLING_MS
      if (over || !mayHoldSockets() || !isExhausted(error)) throw error
      await Promise.allSettled(closing)
      await collect(0)
      await pause()
    }
  }
}

function mayHoldSockets(): boolean {
  return waiting > 0 || performance.now() - lastCollected < SETTLING_MS
}

/** Collects garbage until at most `most` closed endpoints are left, or nothing more is to be had. */
async function collect(most: number): Promise<void> {
  for (let round = 0; waiting > most && round < ROUNDS; round++) {
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
