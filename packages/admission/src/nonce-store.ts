import { ExpiringMap } from './expiring-map.ts'

/** Remembers which one-time credentials were used. */
export interface NonceStore {
  /**
   * Marks a nonce (64 lower-case hex digits) as used. Of all calls for one nonce, in whatever process, exactly one gives
   * true; a call that throws may have used it up. It may be forgotten once `expiresAt` (seconds since the epoch) has
   * passed, with a margin for clocks that are set back.
   */
  use(nonce: string, expiresAt: number | bigint): Promise<boolean>
}

/** How long a nonce is kept past the expiry of its credential: clocks are set back. */
export const NONCE_MARGIN_MS = 24 * 60 * 60 * 1000

/** Keeps nonces until the process ends: after a restart, a one-time credential serves once more. */
export class MemoryNonceStore implements NonceStore {
  readonly #used: ExpiringMap<true>

  /** @param now milliseconds since the epoch. Default: the clock */
  constructor({ now = Date.now }: { readonly now?: (() => number) | undefined } = {}) {
    this.#used = new ExpiringMap(now)
  }

  async use(nonce: string, expiresAt: number | bigint): Promise<boolean> {
    if (this.#used.get(nonce)) return false
    this.#used.set(nonce, true, Number(expiresAt) * 1000 + NONCE_MARGIN_MS)
    return true
  }
}
