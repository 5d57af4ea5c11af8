import { ExpiringMap } from './expiring-map.ts'

/** The use of a one-time credential. */
export interface NonceUse {
  /** The id of the endpoint that the credential admitted. */
  readonly endpointId: string
  /** When the access ends that the credential granted: milliseconds since the epoch. */
  readonly accessUntil: number
}

/** Remembers which one-time credentials were used. */
export interface NonceStore {
  /**
   * Marks a nonce as used. Of all calls for one nonce, in whatever process, exactly one returns true; a call that throws may
   * have used it up. The nonce may be forgotten once its credential has expired, with a margin for clocks that are set back.
   *
   * @param nonce 64 lower-case hex digits
   * @param expiresAt when the credential expires: seconds since the epoch
   * @param use whom the nonce admits if the call returns true; kept for `findUse`
   */
  use(nonce: string, expiresAt: number | bigint, use?: NonceUse): Promise<boolean>
  /**
   * Returns the use with which `use` returned true, or `undefined` if the nonce is unused or the store does not know. Once a
   * call of `use` has returned false, the use that was faster is found. The consumer that was admitted is then admitted again
   * if its answer was lost, or if the consumer starts again with the same key.
   *
   * A `ConsumerGate` remembers the uses itself, until its process ends, if a store lacks this method.
   */
  findUse?(nonce: string): Promise<NonceUse | undefined>
}

/** How long a nonce is kept past the expiry of its credential: clocks are set back. */
export const NONCE_MARGIN_MS = 24 * 60 * 60 * 1000

/** Keeps nonces until the process ends: after a restart, a one-time credential serves once more. */
export class MemoryNonceStore implements NonceStore {
  readonly #uses: ExpiringMap<{ readonly use: NonceUse | undefined }>

  /** @param now milliseconds since the epoch. Default: the clock */
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
