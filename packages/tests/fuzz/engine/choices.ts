import { bytesOf, textOf } from './target.ts'

/** Reads an input as a list of decisions, so that changed bytes make another value. */
export class Choices {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** 0 past the end. */
  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** An integer from 0 on, less than `bound`. */
  below(bound: number): number {
    return (bound > 256 ? this.byte() | (this.byte() << 8) : this.byte()) % bound
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  bytes(length: number): Uint8Array {
    return this.#bytes.slice(this.#at, (this.#at += length))
  }

  /** All bytes that are left. */
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

  /** A well-formed text of at most so many bytes. */
  text(maxLength: number): string {
    return textOf(bytesOf(textOf(this.bytes(this.below(maxLength + 1)))))
  }
}
