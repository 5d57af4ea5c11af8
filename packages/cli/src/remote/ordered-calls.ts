import type { Request } from './requests.ts'

/** The outcome of a call. */
export type Outcome = { readonly request: Request } & ({ readonly answer: unknown } | { readonly error: unknown })

interface Running {
  readonly request: Request
  outcome: Outcome | undefined
}

/** How many answers may wait for the answer of an earlier request. */
const MAX_WAITING = 1_024

/** Runs several calls at a time. Their outcomes are taken in the order of the requests. */
export class OrderedCalls {
  readonly #concurrency: number
  #queue: Running[] = []
  #running = 0
  #wake = (): void => {}
  #stopped: { readonly reason: unknown } | undefined

  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** Whether the next call has to wait. */
  get isFull(): boolean {
    return this.#running >= this.#concurrency || this.#queue.length >= this.#concurrency + MAX_WAITING
  }

  /** Whether an outcome has not been taken yet. */
  get isBusy(): boolean {
    return this.#queue.length > 0
  }

  add(request: Request, answer: Promise<unknown>): void {
    const entry: Running = { request, outcome: undefined }
    this.#queue.push(entry)
    this.#running += 1
    const finish = (outcome: Outcome): void => {
      entry.outcome = outcome
      this.#running -= 1
      this.#wake()
    }
    answer.then(
      (value) => finish({ request, answer: value }),
      (error: unknown) => finish({ request, error }),
    )
  }

  /** Makes pending and later calls of `next` reject, without waiting for the calls that run. */
  stop(reason: unknown): void {
    this.#stopped = { reason }
    this.#wake()
  }

  /** Resolves when an outcome can be taken or another call has ended. */
  async next(): Promise<void> {
    if (this.#stopped === undefined) await this.#next()
    if (this.#stopped !== undefined) throw this.#stopped.reason
  }

  #next(): Promise<void> | undefined {
    if (this.#queue[0]?.outcome !== undefined) return undefined
    return new Promise((resolve) => (this.#wake = resolve))
  }

  /** Takes the outcome of the oldest call. Returns `undefined` while that call runs. */
  take(): Outcome | undefined {
    const outcome = this.#queue[0]?.outcome
    if (outcome !== undefined) this.#queue.shift()
    return outcome
  }
}
