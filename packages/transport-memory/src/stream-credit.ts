import { onAbort } from '@aster/rpc-core/protocol'

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** How many streams one side may still open at the other. Who waits is served in order. */
export class StreamCredit {
  #left: number
  #waiting: Waiter[] = []
  #failure: (() => Error) | undefined

  constructor(limit: number) {
    this.#left = limit
  }

  /** Takes one, or waits for one. Throws the reason of `signal`, or the failure. */
  async take(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure()
    if (this.#left > 0) {
      this.#left--
      return
    }
    await new Promise<void>((resolve, reject) => {
      const off = onAbort(signal, () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        reject(signal?.reason as Error)
      })
      const waiter: Waiter = {
        resolve() {
          off()
          resolve()
        },
        reject(error) {
          off()
          reject(error)
        },
      }
      this.#waiting.push(waiter)
    })
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#left++
    else next.resolve()
  }

  /** Nobody gets any more. */
  fail(error: () => Error): void {
    this.#failure = error
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error())
  }
}
