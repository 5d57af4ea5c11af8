/** What can be waited on for an abort: an `AbortSignal`, or what stands for one within a layer. */
export interface AbortSource {
  readonly aborted: boolean
  readonly reason: unknown
}

/**
 * An abort controller whose `AbortSignal` is made when somebody asks for it: most handlers never do, and one signal costs
 * as much as a small call. Callbacks run once, in the order in which they came.
 */
export class AbortScope implements AbortSource {
  /** The only callback, or the first of several: most scopes have no more. */
  #first: (() => void) | undefined
  #others: Set<() => void> | undefined
  #controller: AbortController | undefined
  aborted = false
  reason: unknown

  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#controller?.abort(reason)
    const first = this.#first
    this.#first = undefined
    first?.()
    if (this.#others !== undefined) for (const callback of this.#others) callback()
    this.#others = undefined
  }

  /** Gives a function that takes the callback back. */
  onAbort(callback: () => void): () => void {
    if (this.#first === undefined && this.#others === undefined) this.#first = callback
    else (this.#others ??= new Set()).add(callback)
    return () => {
      if (this.#first === callback) this.#first = undefined
      else this.#others?.delete(callback)
    }
  }

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

/** The scope behind a signal, which is cheaper to wait for; the signal itself where there is none. */
export function scopeBehind(signal: AbortSignal): AbortSource {
  return scopes.get(signal) ?? signal
}
