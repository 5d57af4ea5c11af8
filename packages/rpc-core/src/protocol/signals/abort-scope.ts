/** A source of an abort: an `AbortSignal`, or an `AbortScope` that replaces one within a layer. */
export interface AbortSource {
  /** Whether it has aborted. */
  readonly aborted: boolean
  /** The reason of the abort. */
  readonly reason: unknown
}

/**
 * An abort controller that creates its `AbortSignal` only when `signal` is read. Most handlers never read it, and a signal
 * costs as much as a small call. Callbacks run once, in the order in which they were added.
 */
export class AbortScope implements AbortSource {
  /**
   * The first two callbacks, in their order; the second is set only if the first is. Most scopes have no more: one for the
   * call, and one for the message that it waits for, which comes and goes with each message.
   */
  #first: (() => void) | undefined
  #second: (() => void) | undefined
  #others: Set<() => void> | undefined
  #controller: AbortController | undefined
  /** Whether the scope has aborted. */
  aborted = false
  /** The reason of the abort. */
  reason: unknown

  /** Aborts with a reason and runs the callbacks. Does nothing if the scope has aborted. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#controller?.abort(reason)
    const first = this.#first
    this.#first = undefined
    first?.()
    // The first callback may have removed the second one.
    const second = this.#second
    this.#second = undefined
    second?.()
    if (this.#others !== undefined) for (const callback of this.#others) callback()
    this.#others = undefined
  }

  /** Adds a callback. Returns a function that removes it. */
  onAbort(callback: () => void): () => void {
    if (this.#others !== undefined && this.#others.size > 0) this.#others.add(callback)
    else if (this.#first === undefined) this.#first = callback
    else if (this.#second === undefined) this.#second = callback
    else (this.#others ??= new Set()).add(callback)
    return () => this.#remove(callback)
  }

  #remove(callback: () => void): void {
    if (this.#first === callback) {
      this.#first = this.#second
      this.#second = undefined
    } else if (this.#second === callback) this.#second = undefined
    else this.#others?.delete(callback)
  }

  /** An `AbortSignal` that aborts with the scope. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.aborted) this.#controller.abort(this.reason)
      else scopes.set(this.#controller.signal, this)
    }
    return this.#controller.signal
  }
}

const scopes = new WeakMap<AbortSignal, AbortScope>()

/** Returns the scope that created a signal, which is cheaper to wait for, or the signal itself if no scope created it. */
export function scopeBehind(signal: AbortSignal): AbortSource {
  return scopes.get(signal) ?? signal
}
