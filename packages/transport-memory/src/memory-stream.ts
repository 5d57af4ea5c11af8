import type { ByteStream, ReadWaiter } from '@aster/rpc-core'
import type { Pipe } from './pipe.ts'

/** One side of a stream: it writes to one pipe and reads from the other. */
export class MemoryStream implements ByteStream {
  readonly #out: Pipe
  readonly #in: Pipe
  readonly #announce: () => void

  /** @param announce runs before the first action that the peer can see: the peer learns of a stream by its first bytes */
  constructor(out: Pipe, incoming: Pipe, announce: () => void = () => {}) {
    this.#out = out
    this.#in = incoming
    this.#announce = announce
  }

  read(maxBytes?: number): Promise<Uint8Array | undefined> {
    return this.#in.read(maxBytes)
  }

  tryRead(waiter: ReadWaiter, maxBytes?: number): Uint8Array | null | undefined {
    return this.#in.tryRead(waiter, maxBytes)
  }

  write(bytes: Uint8Array, { finish = false }: { finish?: boolean } = {}): Promise<void> {
    if (bytes.length > 0 || finish) this.#announce()
    return this.#out.write(bytes, finish)
  }

  finish(): Promise<void> {
    this.#announce()
    return this.#out.finish()
  }

  reset(code: number): void {
    this.#announce()
    this.#out.reset(code)
  }

  stop(code: number): void {
    this.#announce()
    this.#in.stop(code)
  }
}
