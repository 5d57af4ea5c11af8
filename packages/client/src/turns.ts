import { abortable } from '@aster/rpc-core/protocol'

/** A semaphore: lets a fixed number of callers run at a time. The others wait in the order of their calls. */
export class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with the function that ends the turn. Rejects with the reason of `signal` if that aborts first. */
  async take(signal: AbortSignal): Promise<() => void> {
    const release = (): void => this.#release()
    if (this.#free > 0) this.#free -= 1
    else await abortable(new Promise<void>((resolve) => this.#waiting.push(resolve)), signal, release)
    return release
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
