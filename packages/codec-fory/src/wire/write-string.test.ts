import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../test/hex.ts'
import { ReadBuffer } from './read-buffer.ts'
import { WriteBuffer } from './write-buffer.ts'

/** Encodes the same string by other means. */
function expected(text: string): string {
  const highest = Math.max(0, ...Array.from(text, (char) => char.codePointAt(0) ?? 0))
  const [encoding, bytes] =
    highest <= 0xff
      ? [0, Buffer.from(text, 'latin1')]
      : highest <= 0xffff
        ? [1, Buffer.from(text, 'utf16le')]
        : [2, Buffer.from(text, 'utf8')]
  const header: number[] = []
  let rest = bytes.length * 4 + encoding
  for (; rest > 127; rest = Math.floor(rest / 128)) header.push((rest % 128) + 128)
  return Buffer.from([...header, rest]).toString('hex') + bytes.toString('hex')
}

/** One buffer for all cases, so that strings begin at any place in its blocks. */
const out = new WriteBuffer()

function verify(text: string): void {
  out.start()
  out.string(text)
  const bytes = out.take()
  expect(hexOf(bytes)).toBe(expected(text))
  const input = new ReadBuffer()
  input.start(bytes, undefined)
  expect(input.string()).toBe(text)
  expect(input.left).toBe(0)
}

describe('a string', () => {
  it.each(['a', 'é', 'ÿ', '\x80', '\x9f', '€', '\ufeff', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'])(
    'of any length is decoded to itself: %j',
    (char) => {
      for (let length = 0; length < 140; length++) {
        verify(char.repeat(length))
        // Before ASCII, and after it.
        verify(char + 'x'.repeat(length))
        verify('x'.repeat(length) + char)
      }
      verify(`${'x'.repeat(20_000)}${char}`)
      verify(`${char.repeat(20_000)}y`)
    },
  )

  it('of any characters is decoded to itself', () => {
    const char = fc.constantFrom('a', 'z', '\0', 'é', 'ÿ', '\x80', 'Ā', '€', '\ufffd', '\ufeff', '😀')
    fc.assert(fc.property(fc.string({ unit: char, maxLength: 100 }), verify))
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), verify))
  })
})
