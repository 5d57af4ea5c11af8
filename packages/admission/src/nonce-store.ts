import { ExpiringMap } from './expiring-map.ts'

/** The use of a one-time credential. */
export interface NonceUse {
  /** The id of the endpoint that the credential admitted. */
  readonly endpointId: string
  /** The end of the access that the credential granted, in milliseconds since the epoch. */
  readonly accessUntil: number
}

/** Records which one-time credentials were used. */
export interface NonceStore {
  /**
   * Marks a nonce as used. Exactly one of all calls for a nonce resolves with true, in all processes together. A call that
   * rejects may have used the nonce up. The store may forget a nonce when its credential has expired, with a margin for
   * clocks that are set back.
   *
   * @param nonce 64 lower-case hex digits
   * @param expiresAt the expiry of the credential in seconds since the epoch
   * @param use the endpoint that the nonce admits if the call resolves with true, kept for `findUse`
   */
  use(nonce: string, expiresAt: number | bigint, use?: NonceUse): Promise<boolean>
  /**
   * Resolves with the use for which `use` resolved with true, or with `undefined` if the nonce is unused or the use is not
   * known. When a call of `use` has resolved with false, `findUse` resolves with the use of the earlier call. A consumer that was
   * admitted is thus admitted again if its answer was lost, or if it restarts with the same key.
   *
   * If a store lacks this method, a `ConsumerGate` remembers the uses itself until its process ends.
   */
  findUse?(nonce: string): Promise<NonceUse | undefined>
}

/** The time for which a nonce is kept after its credential has expired, since clocks may be set back. */
export const NONCE_MARGIN_MS = 24 * 60 * 60 * 1000

/** Keeps used nonces in memory. After a restart of the process, a one-time credential can be used once more. */
export class MemoryNonceStore implements NonceStore {
  readonly #uses: ExpiringMap<{ readonly use: NonceUse | undefined }>

  /** @param options `now` returns the time in milliseconds since the epoch, by default `Date.now` */
  constructor({ now = Date.now }: { readonly now?: (() => number) | undefined } = {}) {
    this.#uses = new ExpiringMap(now)
  }

  async use(nonce: string, expiresAt: number | bigint, use?: NonceUse): Promise<boolean> {
    if (this.#uses.get(nonce) !== undefined) return false
    this.#uses.set(nonce, { use }, Number(expiresAt) * 1000 + NONCE_MARGIN_MS)
    return true
  }

  async findUse(nonce: string): Promise<NonceUse | undefined> {
    return this.#uses.get(nonce)?.use
  }
}
