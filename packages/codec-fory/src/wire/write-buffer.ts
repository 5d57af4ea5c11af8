import { FRAME_OVERHEAD, LIMITS, returnPiece, takePiece } from '@aster/rpc-core/protocol'
import { allocate, isBytes } from '@aster/rpc-core/schema'
import { byteLength } from './byte-length.ts'
import { throwMismatch, throwInvalid } from './failure.ts'
import { type Counts, MAX_VALUES } from './value-counter.ts'
import { HIGH, LOW, splitSigned, splitUnsigned, words } from './words.ts'
import { writeString } from './write-string.ts'

/**
 * Bytes of a block, into which messages are written one after another: a buffer for each would cost more than most
 * messages.
 */
const BLOCK_SIZE = 16_384
/** Bytes of room below which a block is replaced. */
const LEAST_ROOM = 1024
/** A message that fills less than this part of its borrowed memory is copied instead. */
const LEAST_LENT_PART = 0.4

let messages = 0

/**
 * The message that is written. One buffer serves all messages of a codec.
 *
 * The methods with a parameter of type `unknown` check the value and write its payload.
 */
export class WriteBuffer implements Counts {
  bytes: Uint8Array = new Uint8Array(BLOCK_SIZE)
  view: DataView = new DataView(this.bytes.buffer)
  pos = 0
  /** The position at which the message begins. */
  #start = 0
  #mayLend = false
  /** While `bytes` is memory of `takePiece`: the previous block, and the position in it of the next message. */
  #left: { readonly bytes: Uint8Array; readonly start: number } | undefined
  /** The current levels of nesting, counted for types that can contain themselves. */
  depth = 0
  /** The number of this message, which distinguishes its names from those of other messages. */
  message = 0
  /** The number of names written in full so far in this message. */
  names = 0
  values = 0
  fields = 0
  readonly maxValues: number

  constructor(maxValues: number = MAX_VALUES) {
    this.maxValues = maxValues
  }

  /**
   * Begins a message after the last one that was taken.
   *
   * @param mayLend whether a long message may be written to borrowed memory, which the receiver of the message returns.
   *   `FRAME_OVERHEAD` bytes before the message are then left free
   */
  start(mayLend = false): void {
    this.#mayLend = mayLend
    // If the last message failed, its borrowed memory has not been returned yet.
    if (this.#left !== undefined) this.#leaveLent(this.#left, true)
    this.pos = this.#start
    this.depth = 0
    this.names = 0
    this.values = 0
    this.fields = 0
    this.message = ++messages
  }

  enter(): void {
    if (++this.depth > LIMITS.nestingDepth) throwInvalid(`nested deeper than ${LIMITS.nestingDepth} levels`)
  }

  leave(): void {
    this.depth--
  }

  /** Returns the message, as a part of the block that later messages do not touch. */
  take(): Uint8Array {
    const { bytes, pos } = this
    const from = this.#start
    if (this.#left !== undefined) {
      // A short message is copied, since it would keep borrowed memory that other messages could use.
      const isShort = pos - from < bytes.length * LEAST_LENT_PART
      const message = isShort ? bytes.slice(from, pos) : bytes.subarray(from, pos)
      this.#leaveLent(this.#left, isShort)
      return message
    }
    this.#start = pos
    const wasteful = bytes.length > BLOCK_SIZE && pos - from < bytes.length * 0.75
    const message = wasteful ? bytes.slice(from, pos) : bytes.subarray(from, pos)
    if (bytes.length > BLOCK_SIZE || bytes.length - pos < LEAST_ROOM) {
      this.#allocate(BLOCK_SIZE)
    }
    return message
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.grow(count)
  }

  grow(count: number): void {
    const written = this.bytes.subarray(this.#start, this.pos)
    const size = Math.max(BLOCK_SIZE, written.length * 2, written.length + count + LEAST_ROOM)
    const wasLent = this.#left !== undefined
    if (this.#mayLend && size > BLOCK_SIZE) this.#borrow(size)
    else this.#allocate(size)
    this.bytes.set(written, this.#start)
    this.pos = this.#start + written.length
    if (wasLent) returnPiece(written)
  }

  /** Moves the message to borrowed memory, which the receiver of the message returns. */
  #borrow(size: number): void {
    this.#left ??= { bytes: this.bytes, start: this.#start }
    this.#use(new Uint8Array(takePiece(FRAME_OVERHEAD + size).buffer), FRAME_OVERHEAD)
  }

  /** Continues with the memory that was in use before `#borrow`. */
  #leaveLent({ bytes, start }: { readonly bytes: Uint8Array; readonly start: number }, isUnused: boolean): void {
    if (isUnused) returnPiece(this.bytes)
    this.#left = undefined
    this.#use(bytes, start)
  }

  #allocate(size: number): void {
    this.#use(allocate(size), 0)
  }

  /** Takes memory with any content, since no byte after `pos` is ever a part of a message. */
  #use(bytes: Uint8Array, start: number): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
    this.#start = start
  }

  /** Returns the place of the next byte for `setAt`. A position would change when the buffer grows. */
  mark(): number {
    return this.pos - this.#start
  }

  /** Overwrites a byte. */
  setAt(mark: number, byte: number): void {
    this.bytes[this.#start + mark] = byte
  }

  /** Writes one byte: the low 8 bits of `n`. */
  u8(n: number): void {
    if (this.pos === this.bytes.length) this.grow(1)
    this.bytes[this.pos++] = n
  }

  /** Writes four bytes: the low 32 bits of `n`. */
  u32(n: number): void {
    this.reserve(4)
    const { bytes } = this
    let at = this.pos
    bytes[at++] = n
    bytes[at++] = n >>> 8
    bytes[at++] = n >>> 16
    bytes[at++] = n >>> 24
    this.pos = at
  }

  u64(low: number, high: number): void {
    this.u32(low)
    this.u32(high)
  }

  /** Writes the low 32 bits of `n` as an unsigned varint. */
  var32(n: number): void {
    this.reserve(5)
    const { bytes } = this
    let at = this.pos
    let rest = n
    while ((rest & ~0x7f) !== 0) {
      bytes[at++] = rest | 0x80
      rest >>>= 7
    }
    bytes[at++] = rest
    this.pos = at
  }

  /** Writes an unsigned varint of 64 bits: 7 in each of up to eight bytes, and all 8 in the ninth. */
  var64(low: number, high: number): void {
    if (high === 0) return this.var32(low)
    this.reserve(9)
    const { bytes } = this
    let at = this.pos
    let lo = low
    let hi = high
    let count = 1
    while (count < 9 && (hi !== 0 || (lo & ~0x7f) !== 0)) {
      bytes[at++] = lo | 0x80
      lo = (lo >>> 7) | (hi << 25)
      hi >>>= 7
      count++
    }
    bytes[at++] = lo
    this.pos = at
  }

  zig64(low: number, high: number): void {
    const sign = high >> 31
    this.var64((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign)
  }

  bool(value: unknown): void {
    if (typeof value !== 'boolean') throwMismatch('a boolean', value)
    this.u8(value ? 1 : 0)
  }

  /** Writes a `t.int`. */
  int(value: unknown): void {
    const n = (value as number) | 0
    if (n === value) return this.var32((n << 1) ^ (n >> 31))
    if (!Number.isInteger(value)) throwMismatch('an integer (int)', value)
    if (!Number.isSafeInteger(value))
      throwInvalid('expected an integer within ±(2^53 − 1) (int); t.int64 has the whole 64-bit range')
    this.zig64((value as number) | 0, Math.floor((value as number) / 0x1_0000_0000))
  }

  int64(value: unknown): void {
    splitSigned(value)
    this.zig64(words[LOW] as number, words[HIGH] as number)
  }

  fixedInt64(value: unknown): void {
    splitSigned(value)
    this.u64(words[LOW] as number, words[HIGH] as number)
  }

  taggedInt64(value: unknown): void {
    splitSigned(value)
    const low = words[LOW] as number
    const high = words[HIGH] as number
    if (low >> 31 === high && low >= -0x4000_0000 && low < 0x4000_0000) return this.u32(low << 1)
    this.u8(1)
    this.u64(low, high)
  }

  uint64(value: unknown): void {
    splitUnsigned(value)
    this.var64(words[LOW] as number, words[HIGH] as number)
  }

  fixedUint64(value: unknown): void {
    splitUnsigned(value)
    this.u64(words[LOW] as number, words[HIGH] as number)
  }

  taggedUint64(value: unknown): void {
    splitUnsigned(value)
    const low = words[LOW] as number
    const high = words[HIGH] as number
    if (high === 0 && low >= 0) return this.u32(low << 1)
    this.u8(1)
    this.u64(low, high)
  }

  int8(value: unknown): void {
    const n = ((value as number) << 24) >> 24
    if (n !== value) throwMismatch('an integer from -128 to 127 (int8)', value)
    this.u8(n)
  }

  uint8(value: unknown): void {
    const n = (value as number) & 0xff
    if (n !== value) throwMismatch('an integer from 0 to 255 (uint8)', value)
    this.u8(n)
  }

  int16(value: unknown): void {
    const n = ((value as number) << 16) >> 16
    if (n !== value) throwMismatch('an integer from -32768 to 32767 (int16)', value)
    this.u8(n)
    this.u8(n >> 8)
  }

  uint16(value: unknown): void {
    const n = (value as number) & 0xffff
    if (n !== value) throwMismatch('an integer from 0 to 65535 (uint16)', value)
    this.u8(n)
    this.u8(n >> 8)
  }

  int32(value: unknown): void {
    const n = (value as number) | 0
    if (n !== value) throwMismatch('an integer from -2147483648 to 2147483647 (int32)', value)
    this.var32((n << 1) ^ (n >> 31))
  }

  fixedInt32(value: unknown): void {
    const n = (value as number) | 0
    if (n !== value) throwMismatch('an integer from -2147483648 to 2147483647 (int32)', value)
    this.u32(n)
  }

  uint32(value: unknown): void {
    const n = (value as number) >>> 0
    if (n !== value) throwMismatch('an integer from 0 to 4294967295 (uint32)', value)
    this.var32(n)
  }

  fixedUint32(value: unknown): void {
    const n = (value as number) >>> 0
    if (n !== value) throwMismatch('an integer from 0 to 4294967295 (uint32)', value)
    this.u32(n)
  }

  float64(value: unknown): void {
    if (typeof value !== 'number') throwMismatch('a number (float64)', value)
    this.reserve(8)
    this.view.setFloat64(this.pos, value, true)
    this.pos += 8
  }

  float32(value: unknown): void {
    if (typeof value !== 'number') throwMismatch('a number (float32)', value)
    this.reserve(4)
    this.view.setFloat32(this.pos, value, true)
    this.pos += 4
  }

  string(value: unknown): void {
    if (typeof value !== 'string') throwMismatch('a string', value)
    writeString(this, value)
  }

  bytesValue(value: unknown): void {
    if (!isBytes(value)) throwMismatch('a Uint8Array', value)
    this.var32(value.length)
    this.raw(value)
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.pos)
    // A subclass of the user may report more bytes than it has. Bytes that were not written must not be sent.
    this.pos += byteLength(bytes)
  }

  /** Writes a precomputed beginning. It is short, so a loop is faster than `set`. */
  prefix(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    const target = this.bytes
    let at = this.pos
    for (let i = 0; i < bytes.length; i++) target[at++] = bytes[i] as number
    this.pos = at
  }
}
