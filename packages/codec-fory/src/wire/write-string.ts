import { isWellFormed } from '@aster/rpc-core/schema'
import { throwInvalid } from './failure.ts'

/** The encoding of a string, in the low two bits of its length. */
export const TextEncoding = { LATIN1: 0, UTF16: 1, UTF8: 2 } as const

/** The interface to the message that `writeString` needs. */
export interface StringWriter {
  bytes: Uint8Array
  pos: number
  reserve(count: number): void
  var32(n: number): void
  var64(low: number, high: number): void
  raw(bytes: Uint8Array): void
}

/** The most characters of a string whose length takes one byte. */
const SHORT = 31
/** Characters from which on the native encoder is faster than a loop, although it handles only ASCII. */
const NATIVE_FROM = 64

/** The most bytes of a length. */
const MAX_HEADER = 9

const encoder = new TextEncoder()
const beyondLatin1 = /[^\0-\xff]/
const surrogate = /[\uD800-\uDFFF]/

/** Writes a string as pyfory does: as Latin-1 if every character fits, as UTF-16 up to U+FFFF, else as UTF-8. */
export function writeString(out: StringWriter, text: string): void {
  const { length } = text
  if (length > SHORT) return writeLong(out, text)
  out.reserve(length + 1)
  const { bytes } = out
  let at = out.pos
  bytes[at++] = length << 2
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0xff) return writeWide(out, text)
    bytes[at++] = unit
  }
  out.pos = at
}

function writeLong(out: StringWriter, text: string): void {
  const { length } = text
  // Reserved at once, so that the buffer is not replaced in between.
  out.reserve(length + MAX_HEADER)
  const start = out.pos
  if (length >= NATIVE_FROM) {
    writeHeader(out, length, TextEncoding.LATIN1)
    const { read, written } = encoder.encodeInto(text, out.bytes.subarray(out.pos, out.pos + length))
    if (read === length && written === length) {
      out.pos += length
      return
    }
    out.pos = start
    if (beyondLatin1.test(text)) return writeWide(out, text)
  }
  writeHeader(out, length, TextEncoding.LATIN1)
  const { bytes } = out
  let at = out.pos
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0xff) {
      out.pos = start
      return writeWide(out, text)
    }
    bytes[at++] = unit
  }
  out.pos = at
}

function writeWide(out: StringWriter, text: string): void {
  if (!surrogate.test(text)) return writeUtf16(out, text)
  if (!isWellFormed(text)) throwInvalid('expected a string without lone surrogates')
  const bytes = encoder.encode(text)
  writeHeader(out, bytes.length, TextEncoding.UTF8)
  out.raw(bytes)
}

function writeUtf16(out: StringWriter, text: string): void {
  const { length } = text
  writeHeader(out, length * 2, TextEncoding.UTF16)
  out.reserve(length * 2)
  const { bytes } = out
  let at = out.pos
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    bytes[at++] = unit
    bytes[at++] = unit >>> 8
  }
  out.pos = at
}

function writeHeader(out: StringWriter, byteLength: number, encoding: number): void {
  if (byteLength < 0x2000_0000) out.var32((byteLength << 2) | encoding)
  else out.var64((byteLength << 2) | encoding, byteLength >>> 30)
}
