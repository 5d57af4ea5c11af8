import { expect, it } from 'vitest'
import { show, showSecret } from './show.ts'

const base64Key = 'UByTShQ92U3lhe7GwzQw5FAkXlg28It51UJ4Hj/p3dU='
const hexKey = '501c934a143dd94de585eec6c33430e450245e5836f08b79d542781e3fe9ddd5'

it('shows strings as in JSON, so that blanks and control characters are seen', () => {
  expect(show('of ')).toBe('"of "')
  expect(show('a\u0000b')).toBe(String.raw`"a\u0000b"`)
})

it('cuts long strings', () => {
  expect(show('a b '.repeat(100))).toBe(JSON.stringify(`${'a b '.repeat(20)}…`))
})

it.each([
  ['a key in base64', base64Key],
  ['a key in hex', hexKey],
  ['a key in hex with something around', `x ${hexKey} y`],
  ['a URL with a password', 'https://me:pw@relay.example'],
  ['the content of a JSON file', `{"private_key": "${hexKey}"}`],
  ['the content of a TOML file', '[node]'],
  ['several lines', 'a\nb'],
])('masks %s wherever it stands', (_, text) => {
  expect(show(text)).toBe(`**** (${text.length} characters)`)
})

it('shows the kind and size of a secret, none of its content', () => {
  expect(showSecret('a')).toBe('**** (1 character)')
  expect(showSecret(new Uint8Array(31))).toBe('31 bytes')
  expect(showSecret(12)).toBe('a number')
})

it.each([
  [null, 'null'],
  [undefined, 'nothing'],
  [5n, 'a bigint'],
  [1.5, 'the number 1.5'],
  [false, 'false'],
  [[1], 'a list'],
  [{}, 'an object'],
  [new Date(), 'an object of class Date'],
  [Symbol('x'), 'a symbol'],
  [show, 'a function'],
  [new Uint8Array(31), '31 bytes'],
])('names the kind of a value that is no string', (value, shown) => {
  expect(show(value)).toBe(shown)
})
