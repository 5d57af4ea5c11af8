import { isErrorLike } from '@aster/rpc-core/schema'

/** The largest number of callers whose lines one error gets, since many may wait for the same attempt. */
const MAX_CALLERS = 8

interface WithCapture {
  readonly captureStackTrace?: (target: object, constructor?: unknown) => void
}

const callersOf = new WeakMap<object, number>()

/** Captures the stack from the caller on. Returns a function that returns its lines. */
export function captureCaller(): () => string {
  const holder: { stack?: string } = {}
  const { captureStackTrace } = Error as WithCapture
  if (captureStackTrace === undefined) return () => ''
  captureStackTrace(holder, captureCaller)
  return () => (holder.stack ?? '').split('\n').slice(1).join('\n')
}

/**
 * Adds the lines of a caller to the stack of an error, and returns the error. Without them, an error from a timer, the addon or
 * a shared attempt has no line of the user's program in its stack.
 */
export function addCaller(error: unknown, caller: () => string): unknown {
  if (!isErrorLike(error)) return error
  const callers = callersOf.get(error) ?? 0
  if (callers === MAX_CALLERS) return error
  try {
    const { stack } = error
    const lines = caller()
    if (typeof stack !== 'string' || lines === '' || stack.includes(lines)) return error
    error.stack = `${stack}\n${lines}`
    callersOf.set(error, callers + 1)
  } catch {
    // The error is frozen, or its stack cannot be read.
  }
  return error
}
