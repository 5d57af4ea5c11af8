import { RpcError, StatusCode } from '@aster/rpc-core'
import { cancelledError, onAbort } from '@aster/rpc-core/protocol'

/** A number of places for calls, and a queue of calls that wait for one, first come first served. */
export class Slots {
  readonly #maxConcurrent: number
  readonly #queue: number
  readonly #waiting = new Set<() => void>()
  #taken = 0

  /** @param queue the calls that may wait */
  constructor(maxConcurrent: number, queue: number) {
    this.#maxConcurrent = maxConcurrent
    this.#queue = queue
  }

  /** Whether no place is taken, and none waited for. */
  get idle(): boolean {
    return this.#taken === 0 && this.#waiting.size === 0
  }

  /**
   * Takes a place, or waits for one.
   *
   * @param subject the limited thing, for messages
   * @throws RpcError `RESOURCE_EXHAUSTED` if the queue is full, the call's error if `signal` aborts
   */
  acquire(signal: AbortSignal, subject: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#taken < this.#maxConcurrent) {
        this.#taken += 1
        return resolve()
      }
      if (this.#waiting.size >= this.#queue) return reject(this.#fullError(subject))
      const proceed = (): void => {
        stopListening()
        resolve()
      }
      this.#waiting.add(proceed)
      const stopListening = onAbort(signal, () => {
        this.#waiting.delete(proceed)
        reject(cancelledError(signal))
      })
    })
  }

  /** Gives a place back. It goes to the call that waits longest. */
  release(): void {
    for (const proceed of this.#waiting) {
      this.#waiting.delete(proceed)
      return proceed()
    }
    this.#taken -= 1
  }

  #fullError(subject: string): RpcError {
    const queued = this.#queue > 0 ? `, and ${this.#queue} are waiting` : ''
    return new RpcError(
      StatusCode.RESOURCE_EXHAUSTED,
      `${subject}: ${this.#maxConcurrent} calls are in flight${queued}`,
    )
  }
}
