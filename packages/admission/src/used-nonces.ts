import { ExpiringMap } from './expiring-map.ts'
import type { NonceStore, NonceUse } from './nonce-store.ts'

export interface UsedNoncesOptions {
  readonly store: NonceStore
  /** The largest number of uses that are remembered if the store does not keep them. */
  readonly maxUses: number
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number
}

/** A nonce store that also knows the first use of each nonce, even if the underlying store does not keep uses. */
export class UsedNonces {
  readonly #store: NonceStore
  /** The uses that are recorded here if the store does not keep them. */
  readonly #uses: ExpiringMap<NonceUse>
  /** The last call for each nonce. */
  readonly #pending = new Map<string, Promise<unknown>>()

  constructor({ store, maxUses, now }: UsedNoncesOptions) {
    this.#store = store
    this.#uses = new ExpiringMap(now, maxUses)
  }

  /**
   * Uses a nonce, or finds its first use. Resolves with `use` for the first call, with the use of the first call for later
   * calls, or with `undefined` if the first use is not known.
   */
  claim(nonce: string, expiresAt: number | bigint, use: NonceUse): Promise<NonceUse | undefined> {
    return this.#inTurn(nonce, async () => {
      const store = this.#store
      if (!(await store.use(nonce, expiresAt, use)))
        return store.findUse === undefined ? this.#uses.get(nonce) : store.findUse(nonce)
      if (store.findUse === undefined) this.#uses.set(nonce, use, use.accessUntil)
      return use
    })
  }

  /**
   * Runs the calls for one nonce one after the other. Otherwise a store could answer the later call before the first use is
   * known.
   */
  async #inTurn<T>(nonce: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.#pending.get(nonce) ?? Promise.resolve()).then(run)
    const settled = turn.catch(() => {})
    this.#pending.set(nonce, settled)
    try {
      return await turn
    } finally {
      if (this.#pending.get(nonce) === settled) this.#pending.delete(nonce)
    }
  }
}
