/**
 * A promise that is settled once, from outside. A rejection counts as handled, because the failure is also reported
 * elsewhere.
 */
export interface Closed {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Returns a promise that is not settled yet, with the functions that settle it. */
export function createClosed(): Closed {
  let settle = { resolve: (): void => {}, reject: (_error: unknown): void => {} }
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }))
  promise.catch(() => {})
  return { promise, ...settle }
}
