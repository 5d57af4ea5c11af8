import { ExpiringMap } from './expiring-map.ts'
import type { NonceStore, NonceUse } from './nonce-store.ts'

export interface UsedNoncesOptions {
  readonly store: NonceStore
  /** Uses that are remembered in place of a store that keeps none. */
  readonly maxUses: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A nonce store as a gate uses it: whatever the store keeps, the use that counts is known. */
export class UsedNonces {
  readonly #store: NonceStore
  /** The uses that were recorded here, if the store keeps none. */
  readonly #uses: ExpiringMap<NonceUse>
  /** The last call for a nonce. */
  readonly #pending = new Map<string, Promise<unknown>>()

  constructor({ store, maxUses, now }: UsedNoncesOptions) {
    this.#store = store
    this.#uses = new ExpiringMap(now, maxUses)
  }

  /**
   * Uses a nonce, or looks its use up. Returns the use that counts: `use` for the first call, that of the first call for all
   * later ones, and `undefined` if that is not known.
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

  /** Of two calls at once, a store may answer the later one first, when nothing of the first use is known yet. */
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
