/** A promise that is settled from outside, once. Its rejection is reported elsewhere too, so that it counts as handled. */
export interface Closed {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export function createClosed(): Closed {
  let settle = { resolve: (): void => {}, reject: (_error: unknown): void => {} }
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }))
  promise.catch(() => {})
  return { promise, ...settle }
}
