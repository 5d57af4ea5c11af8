import { runNeutral } from '../signals/async-context.ts'
import { unref } from '../signals/unref.ts'

/** Limits on reading a stream after its last response. */
export interface DrainLimits {
  /** The most bytes that the peer may still send. */
  readonly maxBytes: number
  /** Milliseconds within which the peer must end its side; `Infinity` for no limit. */
  readonly maxMs: number
  /**
   * The longest time without a byte, in milliseconds; `Infinity` for no limit.
   *
   * @default Infinity
   */
  readonly maxIdleMs?: number
}

/** The limits for a stream of which only the end is expected. */
export const DRAIN: DrainLimits = { maxBytes: 65_536, maxMs: 1_000 }

/** Milliseconds between two checks of the limits, and so the most by which a limit is enforced late. */
const CHECK_MS = 500

/** A stream that is being drained, in a linked list. The list costs less than a `Set`, since each call adds a stream. */
export interface Drained {
  /** Called at each check. */
  checkDrain(): void
  /** Its neighbours in the list; `undefined` if it is not in the list. */
  previous: Drained | undefined
  next: Drained | undefined
}

/**
 * The timer and the clock of the platform, read when the module loads. Fake timers that a test installs later neither stop
 * the timer that all streams share nor count it.
 */
const startTimer = setTimeout
const clock = performance.now.bind(performance)

/** The streams of this process that are being drained. They share one timer, which stops when the list is empty. */
const drained: Drained = { checkDrain() {}, previous: undefined, next: undefined }
/** The time of the next check; in the past if there is no timer. */
let nextCheck = -Infinity
/** The number of streams until the clock is read, in case it was set back or the timer never ran. */
let untilLook = 0

/**
 * Returns the number of checks after which a time limit has passed. Checks are counted instead of time: after a stall of
 * the process, the timer runs before the bytes that arrived meanwhile are seen.
 */
export function drainChecks(ms: number): number {
  return Math.ceil(ms / CHECK_MS) + 1
}

/** Adds a stream to the list. */
export function watchDrain(stream: Drained): void {
  const first = drained.next
  stream.previous = drained
  stream.next = first
  drained.next = stream
  if (first !== undefined) first.previous = stream
  untilLook -= 1
  if (nextCheck !== -Infinity && untilLook > 0) return
  untilLook = 1_024
  const now = clock()
  if (nextCheck < now - 10 * CHECK_MS || nextCheck > now + CHECK_MS) arm(now)
}

/** Removes a stream from the list. */
export function unwatchDrain(stream: Drained): void {
  const { previous, next } = stream
  if (previous === undefined) return
  previous.next = next
  if (next !== undefined) next.previous = previous
  stream.previous = stream.next = undefined
}

function arm(now: number): void {
  nextCheck = now + CHECK_MS
  runNeutral(() => unref(startTimer(check, CHECK_MS)))
}

function check(): void {
  nextCheck = -Infinity
  for (let stream = drained.next; stream !== undefined;) {
    const { next } = stream
    stream.checkDrain()
    stream = next
  }
  if (drained.next !== undefined) arm(clock())
}
