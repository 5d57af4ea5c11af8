import { LIMITS } from '@aster/rpc-core/protocol'
import { isBytes } from '@aster/rpc-core/schema'
import { byteLength } from './byte-length.ts'
import { throwMismatch, throwInvalid } from './failure.ts'
import { type Counts, MAX_VALUES } from './value-counter.ts'
import { HIGH, LOW, splitSigned, splitUnsigned, words } from './words.ts'
import { WriteMemory } from './write-memory.ts'
import { writeString } from './write-string.ts'

let messages = 0

/**
 * The message that is written. One buffer serves all messages of a codec.
 *
 * The methods with a parameter of type `unknown` check the value and write its payload.
 */
export class WriteBuffer extends WriteMemory implements Counts {
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
    super()
    this.maxValues = maxValues
  }

  override start(mayLend = false): void {
    super.start(mayLend)
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
