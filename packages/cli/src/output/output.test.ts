import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columns, facts, table } from './columns.ts'
import { escapeControls, escapeOutput, maskKeys } from './escape.ts'
import { styleFor } from './style.ts'

const output = (isTTY: boolean) => ({ write: () => undefined, isTTY })
const colours = styleFor(output(true), {})
const none = styleFor(output(false), {})

describe('columns', () => {
  it('aligns the cells of a column, whatever their colours', () => {
    const rows = [
      ['a', 'long cell', 'x'],
      [colours.bold('abc'), 'b', ''],
    ]
    expect(columns(rows)).toBe(`a    long cell  x\n${colours.bold('abc')}  b`)
  })

  it('counts characters, not code units', () => {
    expect(
      columns([
        ['👩‍👩‍👧', 'x'],
        ['e\u0301', 'y'],
      ]),
    ).toBe('👩‍👩‍👧  x\ne\u0301  y')
  })

  it('puts a heading above a table, and labels before facts', () => {
    expect(table(none, ['NAME', 'V'], [['HelloService', '1']])).toBe('NAME          V\nHelloService  1')
    expect(
      facts(none, [
        ['a', '1'],
        ['none', undefined],
        ['bc', '2'],
      ]),
    ).toBe('a   1\nbc  2')
  })
})

describe('escapeOutput', () => {
  it('lets through line breaks and its own colours, and nothing else', () => {
    const line = `${colours.bold('a')}\n${colours.bad('b')}`
    expect(escapeOutput(line)).toBe(line)
    expect(escapeOutput('\u001b[2J\u001b]0;x\u0007\u009b31m\u202e')).toBe(
      '\\u{1b}[2J\\u{1b}]0;x\\u{7}\\u{9b}31m\\u{202e}',
    )
  })
})

describe('escapeControls', () => {
  it('lets no foreign text move the cursor or reverse the line', () => {
    expect(escapeControls('a\u001b[2Jb\nc\u202ed\u2028')).toBe('a\\u{1b}[2Jb\\u{a}c\\u{202e}d\\u{2028}')
    fc.assert(
      fc.property(
        fc.array(fc.nat(0x10ffff)).map((points) => String.fromCodePoint(...points)),
        (text) => {
          expect(escapeControls(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
        },
      ),
    )
  })

  it('leaves letters of any language as they are', () => {
    expect(escapeControls('Zoë 日本語 שלום 🙂')).toBe('Zoë 日本語 שלום 🙂')
  })

  it('masks what may be a key', () => {
    expect(maskKeys(`--key=${'ab'.repeat(32)}`)).toBe('****')
    expect(maskKeys(`unknown option '--out-file'`)).toBe(`unknown option '--out-file'`)
  })
})

describe('styleFor', () => {
  it('has colours on terminals only, and none if NO_COLOR is set', () => {
    expect(colours.bold('x')).not.toBe('x')
    expect(none.bold('x')).toBe('x')
    expect(styleFor(output(true), { NO_COLOR: '1' }).bold('x')).toBe('x')
    expect(styleFor(output(true), { NO_COLOR: '' }).bold('x')).not.toBe('x')
    expect(styleFor(output(true), { TERM: 'dumb' }).bold('x')).toBe('x')
  })
})
