import { bytesOf, textOf } from './target.ts'

/** Reads an input as a list of decisions, so that changed bytes lead to another value. */
export class Choices {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Returns the next byte; 0 past the end. */
  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** Returns an integer from 0, less than `bound`. */
  below(bound: number): number {
    return (bound > 256 ? this.byte() | (this.byte() << 8) : this.byte()) % bound
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  bytes(length: number): Uint8Array {
    return this.#bytes.slice(this.#at, (this.#at += length))
  }

  /** Returns all bytes that are left. */
  rest(): Uint8Array {
    return this.bytes(this.#bytes.length)
  }

  bigint(): bigint {
    const view = new DataView(new ArrayBuffer(8))
    for (let i = 0; i < 8; i++) view.setUint8(i, this.byte())
    return view.getBigInt64(0, true)
  }

  float(): number {
    const view = new DataView(new ArrayBuffer(8))
    view.setBigInt64(0, this.bigint(), true)
    return view.getFloat64(0)
  }

  /** Returns a well-formed string of at most `maxLength` bytes. */
  text(maxLength: number): string {
    return textOf(bytesOf(textOf(this.bytes(this.below(maxLength + 1)))))
  }
}
