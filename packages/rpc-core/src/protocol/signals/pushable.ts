interface Reader<T> {
  resolve: (result: IteratorResult<T, undefined>) => void
  reject: (error: unknown) => void
}

const TAKEN = Promise.resolve()

/**
 * A queue between one writer and one reader, iterable once. `push` resolves when there is room again, which is the
 * backpressure. If the reader leaves the loop, the queue ends for the writer too. The reader may call `next` again before
 * the last call has settled: the calls receive the items in order.
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
   * @param capacity the number of items that the queue holds before `push` waits
   * @param onLeave runs if the reader leaves before the end, with the items that it has not taken
   * @default capacity is 1
   */
  constructor(capacity = 1, onLeave?: (left: readonly T[]) => void) {
    this.#capacity = capacity
    this.#onLeave = onLeave
  }

  /** Whether items can still arrive: false once the reader has left, or the writer has ended the queue. */
  get open(): boolean {
    return !this.#done && !this.#left
  }

  /** Adds an item. Resolves when there is room for the next. Drops the item if the queue is not open. */
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

  /** Ends the queue after the queued items. */
  end(): void {
    this.#finish()
  }

  /** Ends the queue with an error, which the reader receives after the queued items. */
  fail(error: unknown): void {
    if (!this.#done) this.#error = { value: error }
    this.#finish()
  }

  #finish(): void {
    this.#done = true
    // Readers wait only while the queue is empty, so each of them receives the end.
    for (const { resolve, reject } of this.#readers.splice(0)) this.#last().then(resolve, reject)
    this.#wakeWriters()
  }

  /** Returns the result after the last item: the error, once, and then the end on every call. */
  async #last(): Promise<IteratorResult<T, undefined>> {
    const error = this.#left ? undefined : this.#error
    this.#error = undefined
    if (error !== undefined) throw error.value
    return { done: true, value: undefined }
  }

  #wakeWriters(): void {
    for (const wake of this.#writers.splice(0)) wake()
  }

  /** Resolves to the next item, or to the end. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length === 0) {
      if (!this.open) return this.#last()
      return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
    }
    const value = this.#items.shift() as T
    if (this.#items.length < this.#capacity) this.#wakeWriters()
    return Promise.resolve({ done: false, value })
  }

  /** Leaves the queue. Later items are dropped. */
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
