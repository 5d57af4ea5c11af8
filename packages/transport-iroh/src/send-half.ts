import { TransportError } from '@aster/rpc-core'
import { codeOf, misuse } from './misuse.ts'
import type { NativeSendStream } from './native.ts'
import { toArray } from './number-array.ts'

/** Larger writes go out in pieces: the peer converts one while this side converts the next, and the loop stalls 2 ms at most. */
const CHUNK_BYTES = 65_536

/**
 * The sending half. One native call at a time: the addon reorders concurrent ones, and a finish that overtakes a write
 * loses its bytes.
 *
 * A native write that waits for flow control holds the half's lock, so a reset during it settles the promise here at
 * once, and reaches the peer when that reads on, stops, or is gone.
 */
export class SendHalf {
  readonly #native: NativeSendStream
  readonly #errorOf: (error: unknown) => TransportError
  #writing: ((error: TransportError) => void) | undefined
  #finished = false
  #failure: (() => TransportError) | undefined

  constructor(native: NativeSendStream, errorOf: (error: unknown) => TransportError) {
    this.#native = native
    this.#errorOf = errorOf
  }

  write(bytes: Uint8Array, finish: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure()
      if (this.#writing !== undefined) throw misuse('a write is under way; wait for it before the next one')
      if (this.#finished) throw misuse('the sending half is finished')
      this.#writing = reject
      this.#send(bytes).then(
        () => {
          this.#writing = undefined
          if (this.#failure !== undefined) return
          // The bytes are taken: the caller need not wait for the thread hop of the finish as well.
          if (finish) this.#finish().catch(() => {})
          resolve()
        },
        (error: unknown) => {
          this.#writing = undefined
          reject(this.#fail(error))
        },
      )
    })
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (bytes.length <= CHUNK_BYTES) {
      if (bytes.length > 0) await this.#native.writeAll(toArray(bytes))
      return
    }
    for (let at = 0; at < bytes.length && this.#failure === undefined; at += CHUNK_BYTES) {
      await this.#native.writeAll(toArray(bytes, at, Math.min(at + CHUNK_BYTES, bytes.length)))
    }
  }

  async finish(): Promise<void> {
    if (this.#finished || this.#failure !== undefined) return
    if (this.#writing !== undefined) throw misuse('a write is under way; wait for it before finish')
    try {
      await this.#finish()
    } catch (error) {
      throw this.#fail(error)
    }
    this.#resetIfStopped()
  }

  #finish(): Promise<void> {
    this.#finished = true
    return this.#native.finish()
  }

  /**
   * A finish of a half that the peer has stopped succeeds and does nothing: neither side gets the stream's credit back.
   * `stopped()` tells; it holds the lock until the peer has everything, but nothing else needs the half by then.
   */
  #resetIfStopped(): void {
    this.#native
      .stopped()
      .then((code) => (code === null ? undefined : this.#native.reset(0n)))
      .catch(() => {})
  }

  reset(code: number): void {
    const native = codeOf(code)
    if (this.#finished || this.#failure !== undefined) return
    this.#failure = () => new TransportError('reset', `the sending half was reset here with code ${code}`, { code })
    this.#native.reset(native).catch(() => {})
    this.#writing?.(this.#failure())
  }

  /** The first failure is what every later write gives. */
  #fail(error: unknown): TransportError {
    if (this.#failure !== undefined) return this.#failure()
    const failure = this.#errorOf(error)
    const { kind, message, code } = failure
    this.#failure = () => new TransportError(kind, message, { code, cause: failure.cause })
    // The peer gets the stream's credit back only when what it stopped is reset.
    if (kind === 'stopped') this.#native.reset(BigInt(code ?? 0)).catch(() => {})
    return failure
  }
}
