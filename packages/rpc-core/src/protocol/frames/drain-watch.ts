import { runNeutral } from '../signals/async-context.ts'
import { unref } from '../signals/unref.ts'

/** How long a stream is read on behind its last answer. */
export interface DrainLimits {
  /** Bytes that the peer may still send. */
  readonly maxBytes: number
  /** Milliseconds within which the peer has to end its side; `Infinity` for any time. */
  readonly maxMs: number
  /** Milliseconds without a byte; `Infinity` for any time. @default Infinity */
  readonly maxIdleMs?: number
}

/** The limits of a stream on which nothing is expected any more but its end. */
export const DRAIN: DrainLimits = { maxBytes: 65_536, maxMs: 1_000 }

/** How often the times are checked, in milliseconds: a limit is met this much too late at most. */
const CHECK_MS = 500

/** A stream that is being drained, in a list of all: each call has one, so that a set would cost too much. */
export interface Drained {
  /** Called at each check. */
  checkDrain(): void
  /** Its neighbours in the list; `undefined` if it is in none. */
  previous: Drained | undefined
  next: Drained | undefined
}

/** Those of the platform: a program that replaces them for a test must not stop, or count, the timer that all streams share. */
const startTimer = setTimeout
const clock = performance.now.bind(performance)

/** The streams of this process that are being drained: one timer for all, which runs out once there are none. */
const drained: Drained = { checkDrain() {}, previous: undefined, next: undefined }
/** When the timer runs next; a time that has passed if there is no timer. */
let nextCheck = -Infinity
/** Streams until the clock is looked at, in case that it was set back, or that the timer never ran. */
let untilLook = 0

/**
 * Returns the checks that a limit of time takes. They are counted rather than the time: after a stall of this process the
 * timer runs before the bytes that have come meanwhile are seen.
 */
export function drainChecks(ms: number): number {
  return Math.ceil(ms / CHECK_MS) + 1
}

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
