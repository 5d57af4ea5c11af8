import { expect, it } from 'vitest'
import { murmur3 } from './murmur3.ts'

it.each([
  ['a', 0x03392778c5508564n],
  ['hello', 0x60606acf3156dcaen],
  ['0123456789abcdef', 0xbf08a2cf6317e221n],
  ['0123456789abcdef0', 0x5bc17488a1660da2n],
  ['code,7,0,0;detailKeys,22,0,0;detailValues,22,0,0;message,21,0,0;', 0xef0ff4289fca5353n],
])('hashes %s as pyfory does', (text, hash) => {
  expect(murmur3(new TextEncoder().encode(text))).toBe(hash)
})
