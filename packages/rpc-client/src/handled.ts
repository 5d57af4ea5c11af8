/** Does nothing. */
export function ignore(): void {}

/** Marks a promise as handled, because the caller gets its error elsewhere as well. */
export function markHandled(promise: Promise<unknown> | undefined): void {
  promise?.catch(ignore)
}

/**
 * Marks the promise of an async function that is about to throw as handled. The promise is marked as late as possible: V8 adds the
 * caller's line to the stack of the error only while nothing but the caller waits for the promise.
 *
 * @param get returns the promise
 */
export function markHandledSoon(get: () => Promise<unknown> | undefined): void {
  queueMicrotask(() => markHandled(get()))
}
