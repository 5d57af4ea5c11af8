import type { ByteStream, ReadWaiter } from '../../transport.ts'

/** The result of a read. */
type Outcome = { readonly bytes: Uint8Array | null } | { readonly error: unknown }

/**
 * Reads a stream without a promise for each piece, if the stream supports that. Otherwise it calls `read`, and holds the
 * result until it is taken.
 */
export class PolledStream {
  readonly #stream: ByteStream
  #waiter: ReadWaiter | undefined
  #isReading = false
  #outcome: Outcome | undefined

  constructor(stream: ByteStream) {
    this.#stream = stream
  }

  /** Reads as `tryRead` of a stream does. */
  read(waiter: ReadWaiter, maxBytes?: number): Uint8Array | null | undefined {
    if (this.#stream.tryRead !== undefined) return this.#stream.tryRead(waiter, maxBytes)
    const outcome = this.#outcome
    if (outcome !== undefined) {
      this.#outcome = undefined
      if ('error' in outcome) throw outcome.error
      return outcome.bytes
    }
    this.#waiter = waiter
    if (!this.#isReading) void this.#readLater(maxBytes)
    return undefined
  }

  async #readLater(maxBytes: number | undefined): Promise<void> {
    this.#isReading = true
    try {
      this.#outcome = { bytes: (await this.#stream.read(maxBytes)) ?? null }
    } catch (error) {
      this.#outcome = { error }
    }
    this.#isReading = false
    this.#waiter?.onReadable()
  }
}
