import { expect, it } from 'vitest'
import { isIntegerType } from './integer.ts'
import * as t from './t.ts'

it('isIntegerType recognises the integers that are a number', () => {
  for (const type of [t.int, t.int8, t.int16, t.int32, t.uint8, t.uint16, t.uint32])
    expect(isIntegerType(type)).toBe(true)
  for (const type of [t.int64, t.uint64, t.float32, t.float64, t.bool, t.string, t.optional(t.int)]) {
    expect(isIntegerType(type)).toBe(false)
  }
})
