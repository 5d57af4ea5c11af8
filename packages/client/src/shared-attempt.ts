import { onAbort } from '@aster/rpc-core/protocol'

/** An attempt that several callers wait for. It is cancelled when the last of them stops waiting. */
export class SharedAttempt<T> {
  readonly #controller = new AbortController()
  readonly #result: Promise<T>
  /** Called when the result is known. A caller that leaves removes its function, and thereby releases its async context. */
  readonly #waiting = new Set<() => void>()
  #state: 'running' | 'done' | 'failed' = 'running'

  /**
   * @param run starts the attempt, and ends when its signal aborts
   * @param undo called with a result that arrives although the signal has aborted
   */
  constructor(run: (signal: AbortSignal) => Promise<T>, undo: (result: T) => Promise<void>) {
    this.#result = this.#settle(run, undo)
    const tell = (): void => this.#waiting.forEach((waiter) => waiter())
    this.#result.then(tell, tell)
  }

  /** True if the attempt has failed, or is cancelled and will fail. */
  get failed(): boolean {
    return this.#state === 'failed'
  }

  /** Returns or throws the outcome of the attempt. Throws the reason of `signal` if that aborts first. */
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

  /** Cancels the attempt. Its signal aborts even if the attempt is done, so that the parts of the result end. */
  abort(reason: unknown): void {
    if (this.#state === 'running') this.#state = 'failed'
    this.#controller.abort(reason)
  }

  /** Resolves when the attempt is completely over, with its result, or with `undefined` if it failed. */
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
