import { type EnumType, StatusCode, type StructType } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { Failure } from './failure.ts'
import { readBytes } from './read-bytes.ts'
import { readString } from './read-string.ts'
import { type Counts, MAX_VALUES } from './value-counter.ts'
import { HIGH, LOW, signed, unsigned, words } from './words.ts'

const scratch = new Uint8Array(8)
const doubles = new DataView(scratch.buffer)

const NOTHING = new Uint8Array(0)
const TWO_32 = 0x1_0000_0000

/** Finds structs and enums by their names. */
export interface TypeLookup {
  find(namespace: string, name: string): StructType | EnumType | undefined
}

/**
 * The message that is read. One buffer serves all messages of a codec, one after another. No method reads beyond the end.
 *
 * Each method with the name of a number format reads the payload of that format.
 */
export class ReadBuffer implements Counts {
  bytes: Uint8Array = NOTHING
  pos = 0
  /** The current levels of nesting, counted for types that can contain themselves. */
  depth = 0
  values = 0
  fields = 0
  readonly maxValues: number
  /** The names that were read in full so far, to which back-references point by index. */
  readonly names: string[] = []
  /** The types that may occur in a dynamic position. */
  known: TypeLookup | undefined
  /** Whether the value may contain views of the message. */
  mayView = false
  /** The upper half of the last 64-bit read. */
  #high = 0

  constructor(maxValues: number = MAX_VALUES) {
    this.maxValues = maxValues
  }

  start(bytes: Uint8Array, known: TypeLookup | undefined): void {
    this.bytes = bytes
    this.pos = 0
    this.depth = 0
    this.values = 0
    this.fields = 0
    this.names.length = 0
    this.known = known
  }

  /** Drops the message. */
  end(): void {
    this.bytes = NOTHING
  }

  get left(): number {
    return this.bytes.length - this.pos
  }

  /** @throws Failure with code `DATA_LOSS`: the bytes break the format */
  throwDataLoss(message: string): never {
    throw new Failure(StatusCode.DATA_LOSS, message, { offset: this.pos })
  }

  /** @throws Failure with code `CONTRACT_VIOLATION`: the bytes are valid for another schema. `advice` ends the message */
  throwViolation(message: string, advice?: string): never {
    throw new Failure(StatusCode.CONTRACT_VIOLATION, message, { offset: this.pos, advice })
  }

  /** @throws Failure if fewer than `count` bytes are left */
  assertLeft(count: number, what: string): void {
    if (this.pos + count > this.bytes.length)
      this.throwDataLoss(`${what} of ${count} bytes, but only ${this.left} are left`)
  }

  enter(): void {
    if (++this.depth > LIMITS.nestingDepth) this.throwDataLoss(`nested deeper than ${LIMITS.nestingDepth} levels`)
  }

  leave(): void {
    this.depth--
  }

  u8(): number {
    const byte = this.bytes[this.pos]
    if (byte === undefined) this.throwDataLoss('the message ends early')
    this.pos++
    return byte
  }

  uint8(): number {
    return this.u8()
  }

  uint16(): number {
    this.assertLeft(2, 'a number')
    const { bytes, pos } = this
    this.pos = pos + 2
    return (bytes[pos] as number) | ((bytes[pos + 1] as number) << 8)
  }

  /** Reads four bytes as a signed number. */
  i32(): number {
    this.assertLeft(4, 'a number')
    const { bytes, pos } = this
    this.pos = pos + 4
    return (
      (bytes[pos] as number) |
      ((bytes[pos + 1] as number) << 8) |
      ((bytes[pos + 2] as number) << 16) |
      ((bytes[pos + 3] as number) << 24)
    )
  }

  /** Reads an unsigned varint. Padding is accepted and bits beyond the 32nd are dropped, as in pyfory. */
  var32(): number {
    const byte = this.u8()
    if (byte < 0x80) return byte
    let result = byte & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const next = this.u8()
      result |= (next & 0x7f) << shift
      if (next < 0x80) return result >>> 0
    }
    return result >>> 0
  }

  /** Reads an unsigned varint. Returns the low half and stores the high half in `#high`. */
  #var64(): number {
    let low = 0
    let middle = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return this.#join(low, 0, 0)
    }
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8()
      middle |= (byte & 0x7f) << shift
      if (byte < 0x80) return this.#join(low, middle, 0)
    }
    return this.#join(low, middle, this.u8())
  }

  #join(low28: number, middle28: number, top8: number): number {
    this.#high = (middle28 >>> 4) | (top8 << 24)
    return low28 | (middle28 << 28)
  }

  #zig64(): number {
    const low = this.#var64()
    const high = this.#high
    const sign = -(low & 1)
    this.#high = (high >>> 1) ^ sign
    return ((low >>> 1) | (high << 31)) ^ sign
  }

  /** Reads a length or count that may exceed 32 bits. Above 2^53 the result is rounded. */
  varLength(): number {
    const low = this.#var64()
    return (this.#high >>> 0) * TWO_32 + (low >>> 0)
  }

  /** Reads the count of items that take at least one byte each. */
  count(what: string): number {
    const count = this.var32()
    if (count > this.left) this.throwDataLoss(`${what} of ${count}, but only ${this.left} bytes are left`)
    return count
  }

  /** Reads a `t.int`. */
  int(): number {
    const { bytes, pos } = this
    const byte = bytes[pos] as number
    if (byte < 0x80) {
      this.pos = pos + 1
      return (byte >>> 1) ^ -(byte & 1)
    }
    return this.#longInt()
  }

  #longInt(): number {
    const low = this.#zig64()
    return this.#number(low, this.#high)
  }

  #number(low: number, high: number): number {
    const value = high * TWO_32 + (low >>> 0)
    if (!Number.isSafeInteger(value)) this.throwViolation('an integer beyond ±(2^53 − 1); declare it t.int64')
    return value
  }

  int64(): bigint {
    const low = this.#zig64()
    return this.#wide(low)
  }

  #wide(low: number): bigint {
    words[LOW] = low
    words[HIGH] = this.#high
    return signed[0] as bigint
  }

  uint64(): bigint {
    const low = this.#var64()
    this.#wide(low)
    return unsigned[0] as bigint
  }

  fixedInt64(): bigint {
    this.assertLeft(8, 'a number')
    const low = this.i32()
    this.#high = this.i32()
    return this.#wide(low)
  }

  fixedUint64(): bigint {
    this.fixedInt64()
    return unsigned[0] as bigint
  }

  taggedInt64(): bigint {
    if (((this.bytes[this.pos] ?? 0) & 1) === 0) return BigInt(this.i32() >> 1)
    this.pos++
    return this.fixedInt64()
  }

  taggedUint64(): bigint {
    if (((this.bytes[this.pos] ?? 0) & 1) === 0) return BigInt(this.i32() >>> 1)
    this.pos++
    return this.fixedUint64()
  }

  int8(): number {
    return (this.u8() << 24) >> 24
  }

  int16(): number {
    return (this.uint16() << 16) >> 16
  }

  int32(): number {
    const n = this.var32()
    return (n >>> 1) ^ -(n & 1)
  }

  uint32(): number {
    return this.var32()
  }

  fixedInt32(): number {
    return this.i32()
  }

  fixedUint32(): number {
    return this.i32() >>> 0
  }

  bool(): boolean {
    return this.u8() !== 0
  }

  float64(): number {
    this.assertLeft(8, 'a number')
    const { bytes, pos } = this
    for (let i = 0; i < 8; i++) scratch[i] = bytes[pos + i] as number
    this.pos = pos + 8
    return doubles.getFloat64(0, true)
  }

  float32(): number {
    doubles.setInt32(0, this.i32(), true)
    return doubles.getFloat32(0, true)
  }

  string(): string {
    return readString(this)
  }

  /**
   * Reads bytes. Returns a view of the message if `mayView` is set and the bytes are more than half of the memory that the
   * view would keep, otherwise a copy.
   */
  bytesValue(): Uint8Array {
    return readBytes(this, this.mayView)
  }

  /** Reads bytes as a copy with a buffer of its own. */
  bytesCopy(): Uint8Array {
    return readBytes(this, false)
  }
}
