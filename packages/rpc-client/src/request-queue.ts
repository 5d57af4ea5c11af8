import { RpcError } from '@aster/rpc-core'
import { sendAfterEndError } from './call-errors.ts'

/**
 * Hands requests from `send` to whoever iterates, one at a time: `push` resolves when the reader comes back for the next
 * one, so the request before it has been dealt with.
 */
export class RequestQueue<T> implements AsyncIterableIterator<T, undefined> {
  #items: { readonly value: T; readonly taken: (error?: unknown) => void }[] = []
  #current: ((error?: unknown) => void) | undefined
  #reader: (() => void) | undefined
  #ended = false
  #closed: { readonly error: RpcError } | undefined

  push(value: T): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed.error)
      this.#items.push({ value, taken: (error) => (error === undefined ? resolve() : reject(error as Error)) })
      this.#wake()
    })
  }

  /** Says that nothing more is pushed. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Refuses what is waiting and what is pushed from now on, with the error that the call ended with. */
  close(callError: RpcError | undefined): void {
    const error = callError ?? sendAfterEndError()
    this.#closed ??= { error }
    this.#current?.(error)
    this.#current = undefined
    for (const { taken } of this.#items.splice(0)) taken(error)
    this.#wake()
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    this.#current?.()
    this.#current = undefined
    while (this.#items.length === 0 && !this.#ended && this.#closed === undefined) {
      await new Promise<void>((resolve) => (this.#reader = resolve))
    }
    const item = this.#items.shift()
    if (item === undefined) return { done: true, value: undefined }
    this.#current = item.taken
    return { done: false, value: item.value }
  }

  /** `error`: the call's, where it has one. */
  async return(error?: unknown): Promise<IteratorResult<T, undefined>> {
    this.close(error instanceof RpcError ? error : undefined)
    return { done: true, value: undefined }
  }

  #wake(): void {
    this.#reader?.()
    this.#reader = undefined
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
