import fc from 'fast-check'
import { expect, it } from 'vitest'
import { textToArray, toArray, toBytes } from './number-array.ts'

it('returns the same bytes, whole and in part', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), fc.nat(), (bytes, a, b) => {
      expect(toBytes(toArray(bytes))).toEqual(bytes)
      const [start, end] = [Math.min(a, b) % (bytes.length + 1), bytes.length]
      expect(toArray(bytes, start, end)).toEqual([...bytes.subarray(start, end)])
    }),
  )
})

it('writes a string as UTF-8', () => {
  expect(textToArray('é')).toEqual([0xc3, 0xa9])
})
