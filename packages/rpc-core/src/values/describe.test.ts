import * as fc from 'fast-check'
import { describe as group, expect, it } from 'vitest'
import {
  describe,
  escapeUnprintable,
  isPrintable,
  listPrintable,
  printable,
  printableLines,
  quoted,
} from './describe.ts'

/** Characters that must not reach a terminal or a log: C0, DEL, C1, formats and bidi marks, line separators, lone surrogates. */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
const HOSTILE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const dangerous =
  '\u0000\u0007\u001b\r\n\t\u007f\u0085\u009b\u00ad\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\ud800\udc00x'
const character = fc.oneof(
  fc.constantFrom(...dangerous.split('')),
  fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
)
const text = fc.array(character, { maxLength: 300 }).map((characters) => characters.join(''))
const megabytes = `\u001b[2J\u202e${'x\u009b'.repeat(1 << 20)}`

group('every function that shows a string of a peer', () => {
  it.each<[string, (text: string) => string, RegExp, number]>([
    ['printable', printable, HOSTILE, 121],
    ['printableLines', (one) => printableLines(one, 4_096), HOSTILE_BUT_LINES, 4_097],
    ['quoted', quoted, HOSTILE, 81 * 6 + 2],
    ['listPrintable', (one) => listPrintable(Array.from({ length: 1_000 }, () => one)), HOSTILE, 21 * 123],
    ['describe', (one) => describe(Object.create({ constructor: { name: one } })), HOSTILE, 60],
  ])('%s bounds and cleans it', (_name, show, hostile, most) => {
    const check = (one: string): void => {
      expect(show(one)).not.toMatch(hostile)
      expect(show(one).length).toBeLessThanOrEqual(most)
    }
    check(megabytes)
    fc.assert(fc.property(text, check))
  })

  it('keeps letters of every script', () => {
    const words = 'Zoë 日本語 שלום привет 🙂'
    expect(printable(words)).toBe(words)
    expect(quoted(words)).toBe(`"${words}"`)
    expect(isPrintable(words)).toBe(true)
  })

  it('keeps the lines of a message', () => {
    expect(printableLines('a\r\nb\n\tc\rd\u001b', 100)).toBe('a\nb\n\tc\uFFFDd\uFFFD')
  })
})

it('escapes JSON without changing the data', () => {
  fc.assert(
    fc.property(text, fc.boolean(), (one, indented) => {
      const json = escapeUnprintable(JSON.stringify({ [one]: [one] }, undefined, indented ? 2 : undefined))
      expect(json).not.toMatch(HOSTILE_BUT_LINES)
      expect(JSON.parse(json)).toEqual({ [one]: [one] })
    }),
  )
  expect(escapeUnprintable('"\u{e0001}"')).toBe('"\\udb40\\udc01"')
})

it('isPrintable returns whether a string is printable', () => {
  fc.assert(fc.property(text, (one) => isPrintable(one) === !HOSTILE.test(one)))
})
