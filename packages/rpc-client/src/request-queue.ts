import { RpcError } from '@aster/rpc-core'
import { callerError, sendAfterEndError } from './call-errors.ts'
import { ignore, markHandledSoon } from './handled.ts'

/** The call that the requests belong to. */
interface RequestOwner {
  /** Returns what a caller is told if `thrown` ends the call. */
  callerError(thrown: unknown): RpcError
}

/** A request that was pushed, and the promise of the caller who pushed it. */
class Item<T> {
  readonly value: T
  /** Resolves when the request has been dealt with. */
  readonly sent: Promise<void>
  #resolve: () => void = ignore
  #reject: (error: RpcError) => void = ignore

  constructor(value: T, owner: RequestOwner) {
    this.value = value
    const taken = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.sent = untilTaken(taken, owner)
  }

  resolve(): void {
    this.#resolve()
  }

  reject(error: RpcError): void {
    this.#reject(error)
    markHandledSoon(() => this.sent)
  }
}

/** Waits for what the caller is to be told. It is no method: a `send` that waits must not keep a channel that is forgotten. */
async function untilTaken(taken: Promise<void>, owner: RequestOwner): Promise<void> {
  try {
    await taken
  } catch (error) {
    throw owner.callerError(error)
  }
}

/**
 * Hands requests from `push` to one reader, one at a time: `push` resolves when the reader asks for the next request, so
 * that the one before it has been dealt with.
 */
export class RequestQueue<T> implements AsyncIterable<T> {
  owner: RequestOwner = { callerError }
  #items: Item<T>[] = []
  /** The item that the reader has. */
  #current: Item<T> | undefined
  /** Resolves the `next` that waits. */
  #reader: (() => void) | undefined
  #ended = false
  #closed: { readonly error: RpcError } | undefined

  /** A promise that is not awaited causes no unhandled rejection: the error is that of the call. */
  push(value: T): Promise<void> {
    const item = new Item(value, this.owner)
    if (this.#closed === undefined) {
      this.#items.push(item)
      this.#wake()
    } else {
      item.reject(this.#closed.error)
    }
    return item.sent
  }

  /** Ends the requests behind those that were pushed. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Rejects every `push` that waits or comes later, with the error that the call ended with. */
  close(callError: RpcError | undefined): void {
    this.#closed ??= { error: callError ?? sendAfterEndError() }
    const { error } = this.#closed
    this.#current?.reject(error)
    this.#current = undefined
    for (const item of this.#items.splice(0)) item.reject(error)
    this.#wake()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#current?.resolve()
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
