/** Does nothing. */
export function ignore(): void {}

/** Marks a promise as handled: its error is told elsewhere as well. */
export function markHandled(promise: Promise<unknown> | undefined): void {
  promise?.catch(ignore)
}

/**
 * Marks as handled the promise of an async function that is about to throw. `get` returns the promise. It is not marked any
 * sooner, since V8 finds the caller's line for the stack of an error only while nothing but the caller waits for the promise.
 */
export function markHandledSoon(get: () => Promise<unknown> | undefined): void {
  queueMicrotask(() => markHandled(get()))
}
