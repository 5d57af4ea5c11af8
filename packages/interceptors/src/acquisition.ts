import type { InterceptedCall } from '@aster/rpc-core'
import { type AbortSource, abortSourceOf } from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import type { Limit } from './limit.ts'
import type { Share } from './share.ts'

/** The tokens and places that one call takes of several limits: of each limit, or of none if one refuses. */
export class Acquisition {
  readonly #call: InterceptedCall
  readonly #limits: readonly Limit[]
  readonly #signal: AbortSource
  /** The places of the call, in the order of the limits. */
  readonly #shares: (Share | undefined)[] = []

  constructor(call: InterceptedCall, limits: readonly Limit[]) {
    this.#call = call
    this.#limits = limits
    this.#signal = abortSourceOf(call)
  }

  /**
   * Takes a token and a place of each limit. Returns a promise if the call has to wait for a place, which rejects if it does not
   * get one.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if a limit refuses the call
   */
  begin(): Promise<void> | undefined {
    const now = performance.now()
    let paid = 0
    try {
      for (const limit of this.#limits) {
        limit.pay(this.#call, now)
        paid++
      }
    } catch (error) {
      this.#refund(paid)
      throw error
    }
    return this.#acquire()
  }

  /** Frees the places. */
  release(): void {
    let index = 0
    for (const share of this.#shares) this.#limits[index++]?.release(share)
  }

  /** The limit of which the call needs a place next. */
  get #next(): Limit | undefined {
    return this.#limits[this.#shares.length]
  }

  #acquire(): Promise<void> | undefined {
    try {
      for (let limit = this.#next; limit !== undefined; limit = this.#next) {
        const share = limit.acquire(this.#call, this.#signal)
        if (isThenable(share)) return this.#wait(share)
        this.#shares.push(share)
      }
      return undefined
    } catch (error) {
      this.#undo()
      throw error
    }
  }

  async #wait(waiting: Promise<Share>): Promise<void> {
    try {
      this.#shares.push(await waiting)
    } catch (error) {
      this.#undo()
      throw error
    }
    await this.#acquire()
  }

  #undo(): void {
    this.#refund(this.#limits.length)
    this.release()
  }

  #refund(paid: number): void {
    for (const limit of this.#limits.slice(0, paid)) limit.refund()
  }
}
