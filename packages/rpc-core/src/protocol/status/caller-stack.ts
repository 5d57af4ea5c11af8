/** What V8 has of this; other engines make the stack of an error where the error is made. */
interface StackApi {
  stackTraceLimit?: number
  captureStackTrace?(error: object): void
}
const api = Error as StackApi

/** The lines that this library and the platform may put before those of the caller. */
const OWN_LINES = 15

/** Throws for an error that is frozen. */
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
 * Makes the stack of an error that is about to be thrown to a caller anew, so that the stack names the line that awaits the
 * call. For errors that were made elsewhere, in a timer or while a frame was read, where no caller is on the stack. To be
 * called within an async function whose promise the caller awaits: V8 follows the promise to the caller, if nothing else waits
 * for it.
 */
export function renewStack(error: Error): void {
  try {
    captureStack(error)
  } catch {
    // The error keeps its stack.
  }
}

/** How many callers are added to the stack of one error, such as the one reason of a signal that ends many calls. */
const MAX_CALLERS = 8
const callers = new WeakMap<Error, number>()

/** Adds the lines that await the call to the stack of an error that was made by the user, as `renewStack` finds them. */
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
    // The stack cannot be read, or cannot be written.
  }
}
