import { onAbort } from '@aster/rpc-core/protocol'

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Counts the streams that one side may still open at the other. Calls that wait for credit get it in order. */
export class StreamCredit {
  #left: number
  #waiting: Waiter[] = []
  #failure: (() => Error) | undefined

  constructor(limit: number) {
    this.#left = limit
  }

  /** Takes the credit for a stream, or waits for it. @throws the reason of `signal`, or the error of `fail` */
  async acquire(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure()
    if (this.#left > 0) {
      this.#left--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const stopListening = onAbort(signal, () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        reject(signal?.reason as Error)
      })
      const waiter: Waiter = {
        resolve() {
          stopListening()
          resolve()
        },
        reject(error) {
          stopListening()
          reject(error)
        },
      }
      this.#waiting.push(waiter)
    })
  }

  /** Returns the credit of a stream that is done, which the oldest waiting call takes. */
  release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#left++
    else next.resolve()
  }

  /** Rejects all pending and all later calls of `acquire`. */
  fail(error: () => Error): void {
    this.#failure = error
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error())
  }
}
