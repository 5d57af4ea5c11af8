import { abortable } from '@aster/rpc-core/protocol'

/** Something that several wait for, and that is given up when the last of them does. */
export class SharedAttempt<T> {
  readonly #controller = new AbortController()
  readonly #result: Promise<T>
  #waiting = 0
  #state: 'running' | 'done' | 'failed' = 'running'

  /** `run` ends when its signal aborts; what comes of it all the same is undone. */
  constructor(run: (signal: AbortSignal) => Promise<T>, undo: (result: T) => Promise<void>) {
    this.#result = this.#settle(run, undo)
    this.#result.catch(() => {})
  }

  /** It came to nothing, or will. */
  get failed(): boolean {
    return this.#state === 'failed'
  }

  /** Its outcome, or the reason of `signal` when that comes first. */
  async join(signal: AbortSignal | undefined): Promise<T> {
    this.#waiting += 1
    try {
      return await abortable(this.#result, signal)
    } finally {
      this.#waiting -= 1
      if (this.#waiting === 0 && this.#state === 'running') this.abort(signal?.reason)
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
