import { RpcError, StatusCode } from '@aster/rpc-core'
import { cancelledError, onAbort } from '@aster/rpc-core/protocol'

/** A number of places, and a queue of those who wait for one, first come first served. */
export class Slots {
  readonly #max: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<() => void>()
  #taken = 0

  constructor(max: number, maxWaiting: number) {
    this.#max = max
    this.#maxWaiting = maxWaiting
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get idle(): boolean {
    return this.#taken === 0 && this.#waiting.size === 0
  }

  /** Takes a place. Throws `RESOURCE_EXHAUSTED` when the queue is full, and the call's error when `signal` aborts; `what` is what the limit is for. */
  acquire(signal: AbortSignal, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#taken < this.#max) {
        this.#taken += 1
        return resolve()
      }
      if (this.#waiting.size >= this.#maxWaiting) {
        const queued = this.#maxWaiting > 0 ? `, and ${this.#maxWaiting} are waiting` : ''
        return reject(new RpcError(StatusCode.RESOURCE_EXHAUSTED, `${what}: ${this.#max} calls are in flight${queued}`))
      }
      const turn = (): void => {
        off()
        resolve()
      }
      this.#waiting.add(turn)
      const off = onAbort(signal, () => {
        this.#waiting.delete(turn)
        reject(cancelledError(signal))
      })
    })
  }

  /** Gives a place back; the first who waits has it then. */
  release(): void {
    for (const turn of this.#waiting) {
      this.#waiting.delete(turn)
      return turn()
    }
    this.#taken -= 1
  }
}
