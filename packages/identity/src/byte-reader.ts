/** Reads bytes from front to back. If the bytes end too early, each method throws the error that `short` returns. */
export class ByteReader {
  #offset = 0
  readonly #bytes: Uint8Array
  readonly #short: (part: string) => Error

  constructor(bytes: Uint8Array, short: (part: string) => Error) {
    this.#bytes = bytes
    this.#short = short
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  /** Returns a copy of the next bytes. */
  take(length: number, part: string): Uint8Array {
    if (length > this.remaining) throw this.#short(part)
    this.#offset += length
    return this.#bytes.slice(this.#offset - length, this.#offset)
  }

  u8(part: string): number {
    return this.take(1, part)[0]!
  }

  u16(part: string): number {
    const [high, low] = this.take(2, part)
    return (high! << 8) | low!
  }

  /** Returns an unsigned LEB128, or `undefined` if the number is larger than `max`. */
  varint(max: number, part: string): number | undefined {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.u8(part)
      value += (byte & 0x7f) * scale
      if (value > max) return undefined
      if (byte < 0x80) return value
      scale *= 128
      if (scale > max) return undefined
    }
  }
}
