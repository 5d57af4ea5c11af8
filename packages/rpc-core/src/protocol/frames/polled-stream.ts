import type { ByteStream, ReadWaiter } from '../../transport.ts'

/** What a read has come to. */
type Outcome = { readonly bytes: Uint8Array | null } | { readonly error: unknown }

/** Reads a stream without a promise for each piece, if the stream can: else by `read`, whose outcome waits here to be taken. */
export class PolledStream {
  readonly #stream: ByteStream
  #waiter: ReadWaiter | undefined
  #isReading = false
  #outcome: Outcome | undefined

  constructor(stream: ByteStream) {
    this.#stream = stream
  }

  /** Does what `tryRead` of a stream does. */
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
