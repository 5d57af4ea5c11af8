import { AbortScope, runAt } from '@aster/rpc-core/protocol'

/** The time that running calls have to finish. It can be shortened, never lengthened. */
export class GraceTime {
  readonly over = new AbortScope()
  #end = Infinity
  #off = (): void => {}

  /** `ms` from now, or what it was where that is less. */
  limit(ms: number): void {
    const end = Date.now() + ms
    if (end >= this.#end) return
    this.#end = end
    this.#off()
    if (ms === 0) this.over.abort(undefined)
    else this.#off = runAt(end, () => this.over.abort(undefined))
  }

  /** Nobody waits for it any more. */
  stop(): void {
    this.#off()
    this.#end = -Infinity
  }
}
