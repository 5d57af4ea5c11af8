import { RpcError } from '@aster/rpc-core'
import { sendAfterEndError } from './call-errors.ts'

interface Item<T> {
  readonly value: T
  /** Settles the `push` of this item. */
  readonly settle: (error?: RpcError) => void
}

/**
 * Hands requests from `push` to one reader, one at a time: `push` resolves when the reader asks for the next request, so
 * that the one before it has been dealt with.
 */
export class RequestQueue<T> implements AsyncIterableIterator<T, undefined> {
  #items: Item<T>[] = []
  /** The item that the reader has. */
  #current: Item<T> | undefined
  /** Resolves the `next` that waits. */
  #reader: (() => void) | undefined
  #ended = false
  #closed: { readonly error: RpcError } | undefined

  push(value: T): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed.error)
      this.#items.push({ value, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      this.#wake()
    })
  }

  /** Ends the requests behind those that were pushed. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Rejects every `push` that waits or comes later, with the error that the call ended with. */
  close(callError: RpcError | undefined): void {
    const error = callError ?? sendAfterEndError()
    this.#closed ??= { error }
    this.#current?.settle(error)
    this.#current = undefined
    for (const { settle } of this.#items.splice(0)) settle(error)
    this.#wake()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#current?.settle()
    this.#current = undefined
    if (this.#hasStep) return Promise.resolve(this.#take())
    return new Promise((resolve) => (this.#reader = () => resolve(this.#take())))
  }

  /** Closes the queue. `error` is that of the call, if it has one. */
  async return(error?: unknown): Promise<IteratorResult<T, undefined>> {
    this.close(error instanceof RpcError ? error : undefined)
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get #hasStep(): boolean {
    return this.#items.length > 0 || this.#ended || this.#closed !== undefined
  }

  #take(): IteratorResult<T, undefined> {
    this.#current = this.#items.shift()
    return this.#current === undefined ? { done: true, value: undefined } : { done: false, value: this.#current.value }
  }

  #wake(): void {
    const reader = this.#reader
    if (reader === undefined || !this.#hasStep) return
    this.#reader = undefined
    reader()
  }
}
