interface Reader<T> {
  resolve: (result: IteratorResult<T, undefined>) => void
  reject: (error: unknown) => void
}

const TAKEN = Promise.resolve()

/**
 * A queue between one writer and one reader, iterable once. `push` resolves when there is room again, which is the
 * backpressure; leaving the loop ends it for the writer too. `next` may be called again before the last call settled:
 * the calls get the items in order.
 */
export class Pushable<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  readonly #capacity: number
  #done = false
  #error: { readonly value: unknown } | undefined
  #readers: Reader<T>[] = []
  #writers: (() => void)[] = []
  #left = false
  readonly #onLeave: ((left: readonly T[]) => void) | undefined

  /**
   * `capacity`: items held before `push` waits. `onLeave` runs when the reader leaves before the end, with the items that the
   * reader did not take.
   */
  constructor(capacity = 1, onLeave?: (left: readonly T[]) => void) {
    this.#capacity = capacity
    this.#onLeave = onLeave
  }

  /** False once the reader has left or the end was said: nothing that is pushed then arrives. */
  get open(): boolean {
    return !this.#done && !this.#left
  }

  push(item: T): Promise<void> {
    if (!this.open) return TAKEN
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      reader.resolve({ done: false, value: item })
      return TAKEN
    }
    this.#items.push(item)
    if (this.#items.length < this.#capacity) return TAKEN
    return new Promise<void>((resolve) => this.#writers.push(resolve))
  }

  end(): void {
    this.#finish()
  }

  /** The reader gets what is queued, then this error. */
  fail(error: unknown): void {
    if (!this.#done) this.#error = { value: error }
    this.#finish()
  }

  #finish(): void {
    this.#done = true
    // A reader waits only while nothing is queued.
    for (const { resolve, reject } of this.#readers.splice(0)) this.#last().then(resolve, reject)
    this.#wakeWriters()
  }

  /** What comes behind the last item: the error, once, and then the end again and again. */
  async #last(): Promise<IteratorResult<T, undefined>> {
    const error = this.#left ? undefined : this.#error
    this.#error = undefined
    if (error !== undefined) throw error.value
    return { done: true, value: undefined }
  }

  #wakeWriters(): void {
    for (const wake of this.#writers.splice(0)) wake()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length === 0) {
      if (!this.open) return this.#last()
      return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
    }
    const value = this.#items.shift() as T
    if (this.#items.length < this.#capacity) this.#wakeWriters()
    return Promise.resolve({ done: false, value })
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#left) {
      this.#left = true
      const left = this.#items.splice(0)
      const early = !this.#done
      this.#finish()
      if (early) this.#onLeave?.(left)
    }
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this
  }
}
