import { onAbort } from '@aster/rpc-core/protocol'

/** Something that several wait for, and that is given up when the last of them does. */
export class SharedAttempt<T> {
  readonly #controller = new AbortController()
  readonly #result: Promise<T>
  /** Called once the result is there. A caller that leaves takes its function away, and its async context with it. */
  readonly #waiting = new Set<() => void>()
  #state: 'running' | 'done' | 'failed' = 'running'

  /** `run` ends when its signal aborts; what comes of it all the same is undone. */
  constructor(run: (signal: AbortSignal) => Promise<T>, undo: (result: T) => Promise<void>) {
    this.#result = this.#settle(run, undo)
    const tell = (): void => this.#waiting.forEach((waiter) => waiter())
    this.#result.then(tell, tell)
  }

  /** It came to nothing, or will. */
  get failed(): boolean {
    return this.#state === 'failed'
  }

  /** Its outcome, or the reason of `signal` when that comes first. */
  async join(signal: AbortSignal | undefined): Promise<T> {
    if (this.#state === 'running') await this.#wait(signal)
    else signal?.throwIfAborted()
    return this.#result
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    let waiter = (): void => {}
    let stopListening = waiter
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = resolve
        this.#waiting.add(waiter)
        stopListening = onAbort(signal, () => reject(signal?.reason as Error))
      })
    } finally {
      stopListening()
      this.#waiting.delete(waiter)
      if (this.#waiting.size === 0 && this.#state === 'running') this.abort(signal?.reason)
    }
  }

  /** Gives it up. Where it is done its signal aborts all the same, for what came of it. */
  abort(reason: unknown): void {
    if (this.#state === 'running') this.#state = 'failed'
    this.#controller.abort(reason)
  }

  /** Resolves once nothing of the attempt is under way any more: with the result, or `undefined` if it failed. */
  async settled(): Promise<T | undefined> {
    return this.#result.catch(() => undefined)
  }

  async #settle(run: (signal: AbortSignal) => Promise<T>, undo: (result: T) => Promise<void>): Promise<T> {
    const { signal } = this.#controller
    try {
      const result = await run(signal)
      if (signal.aborted) await undo(result)
      signal.throwIfAborted()
      this.#state = 'done'
      return result
    } catch (error) {
      this.#state = 'failed'
      throw error
    }
  }
}
