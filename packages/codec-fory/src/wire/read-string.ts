import { isWellFormed } from '@aster/rpc-core/schema'
import { decodeLatin1 } from './latin1.ts'
import { TextEncoding } from './write-string.ts'

/** The interface to the message that `readString` needs. */
export interface StringReader {
  readonly bytes: Uint8Array
  pos: number
  assertLeft(count: number, what: string): void
  varLength(): number
  throwDataLoss(message: string): never
}

/** Bytes from which on the native decoders are faster than a loop. */
const NATIVE_FROM = 33
const CHUNK = 8192

const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

interface StrictDecoder {
  readonly decoder: TextDecoder
  readonly name: string
}
const strictUtf8: StrictDecoder = {
  decoder: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
  name: 'UTF-8',
}
const strictUtf16: StrictDecoder = {
  decoder: new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true }),
  name: 'UTF-16',
}
const { fromCharCode } = String

export function readString(input: StringReader): string {
  const first = input.bytes[input.pos] as number
  // Latin-1 of up to 31 bytes.
  if (first < 0x80 && (first & 3) === TextEncoding.LATIN1) {
    const length = first >> 2
    const start = input.pos + 1
    input.pos = start
    input.assertLeft(length, 'a string')
    input.pos = start + length
    return decodeLatin1(input.bytes, start, length)
  }
  return readLong(input)
}

function readLong(input: StringReader): string {
  const header = input.varLength()
  const encoding = header % 4
  const length = Math.floor(header / 4)
  input.assertLeft(length, 'a string')
  const { bytes, pos: start } = input
  if (encoding === TextEncoding.LATIN1) {
    input.pos = start + length
    return length < NATIVE_FROM ? decodeLatin1(bytes, start, length) : longLatin1(bytes, start, start + length)
  }
  const text =
    encoding === TextEncoding.UTF16
      ? readUtf16(input, start, length)
      : encoding === TextEncoding.UTF8
        ? decodeStrictly(input, strictUtf8, bytes.subarray(start, start + length))
        : input.throwDataLoss('a string in an unknown encoding')
  input.pos = start + length
  return text
}

/**
 * Decodes long Latin-1 strings. `TextDecoder('latin1')` is windows-1252 and cannot be used. The result of a UTF-8 decoder
 * is right if it keeps the length, since then all bytes are ASCII.
 */
function longLatin1(bytes: Uint8Array, start: number, end: number): string {
  const part = bytes.subarray(start, end)
  const ascii = lenientUtf8.decode(part)
  if (ascii.length === part.length && !ascii.includes('\ufffd')) return ascii
  let text = ''
  for (let at = 0; at < part.length; at += CHUNK)
    text += fromCharCode.apply(null, part.subarray(at, at + CHUNK) as unknown as number[])
  return text
}

function readUtf16(input: StringReader, start: number, length: number): string {
  if (length % 2 !== 0) input.throwDataLoss('a UTF-16 string of an odd number of bytes')
  const { bytes } = input
  if (length >= NATIVE_FROM) return decodeStrictly(input, strictUtf16, bytes.subarray(start, start + length))
  let text = ''
  for (let at = start; at < start + length; at += 2)
    text += fromCharCode((bytes[at] as number) | ((bytes[at + 1] as number) << 8))
  if (!isWellFormed(text)) input.throwDataLoss('a UTF-16 string with a lone surrogate')
  return text
}

function decodeStrictly(input: StringReader, { decoder, name }: StrictDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return input.throwDataLoss(`a string that is not valid ${name}`)
  }
}
