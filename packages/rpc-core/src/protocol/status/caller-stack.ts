/** The stack API of V8. Other engines set the stack of an error where the error is created. */
interface StackApi {
  stackTraceLimit?: number
  captureStackTrace?(error: object): void
}
const api = Error as StackApi

/** The most lines that this library and the platform put before those of the caller. */
const OWN_LINES = 15

/** @throws TypeError if the error is frozen */
function captureStack(error: object): void {
  const { stackTraceLimit: limit } = api
  const isLimited = typeof limit === 'number' && limit > 0
  if (isLimited) api.stackTraceLimit = limit + OWN_LINES
  try {
    api.captureStackTrace?.(error)
  } finally {
    if (isLimited) api.stackTraceLimit = limit
  }
}

/**
 * Replaces the stack of an error that is about to be thrown to a caller, so that it names the line that awaits the call.
 * Use it for an error that was created in a timer or while a frame was read, since the stack of such an error does not
 * contain the caller. Call it within an async function whose promise the caller awaits: V8 follows the promise to the
 * caller, unless other code awaits the promise as well.
 */
export function renewStack(error: Error): void {
  try {
    captureStack(error)
  } catch {
    // The error keeps its stack.
  }
}

/** The most callers that are added to the stack of one error. One reason of a signal may end many calls. */
const MAX_CALLERS = 8
const callers = new WeakMap<Error, number>()

/** Adds the lines that await the call to the stack of an error that the user created, found as in `renewStack`. */
export function extendStack(error: Error): void {
  const added = callers.get(error) ?? 0
  if (api.captureStackTrace === undefined || added >= MAX_CALLERS) return
  try {
    const here = { stack: '' }
    captureStack(here)
    const { stack } = error
    if (typeof stack !== 'string' || typeof here.stack !== 'string') return
    const known = new Set(stack.split('\n'))
    const missing = here.stack.split('\n').filter((line, index) => index > 2 && !known.has(line))
    if (missing.length === 0) return
    callers.set(error, added + 1)
    error.stack = [stack, ...missing].join('\n')
  } catch {
    // The stack cannot be read or written.
  }
}
