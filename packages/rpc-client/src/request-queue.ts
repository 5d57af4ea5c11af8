import { RpcError } from '@aster/rpc-core'
import { callerError, sendAfterEndError } from './call-errors.ts'
import { ignore, markHandledSoon } from './handled.ts'

/** The call that the requests belong to. */
interface RequestOwner {
  /** Returns the error for the caller if `thrown` ends the call. */
  callerError(thrown: unknown): RpcError
}

/** A request that was pushed, and the promise of the caller who pushed it. */
class Item<T> {
  readonly value: T
  /** Resolves when the reader asks for the request after this one. */
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

/** Waits for the outcome of a `push`. This is not a method, or a waiting `send` would keep a forgotten channel in memory. */
async function untilTaken(taken: Promise<void>, owner: RequestOwner): Promise<void> {
  try {
    await taken
  } catch (error) {
    throw owner.callerError(error)
  }
}

/**
 * Hands requests from `push` to one reader, one at a time. `push` resolves when the reader asks for the next request, because
 * the reader has sent this request by then.
 */
export class RequestQueue<T> implements AsyncIterable<T> {
  owner: RequestOwner = { callerError }
  #items: Item<T>[] = []
  /** The item that the reader took last. */
  #current: Item<T> | undefined
  /** Resolves the waiting `next`. */
  #reader: (() => void) | undefined
  #ended = false
  #closed: { readonly error: RpcError } | undefined

  /** Queues a request. Rejects with the error of the call; a promise that is not awaited causes no unhandled rejection. */
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

  /** Ends the requests after those in the queue. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Rejects every waiting and every later `push` with the error that ended the call. */
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

  /** Closes the queue. @param error the error of the call, if the call failed */
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
