import { RpcError, StatusCode, t } from '@aster/rpc-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonCodec } from './index.ts'
import { parseJson } from './parse-json.ts'
import { needsScan, scanJson } from './scan-json.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const scan = (text: string, bounds = { maxValues: 1_000, maxKeys: 1_000 }): boolean => scanJson(bytesOf(text), bounds)
const exhausted = (message: string): unknown =>
  expect.objectContaining({ code: StatusCode.RESOURCE_EXHAUSTED, message: expect.stringContaining(message) })

describe('the look over a long text', () => {
  it.each<[string, string, string]>([
    ['lists', '[],', 'maxValues'],
    ['objects', '{},', 'maxValues'],
    ['numbers', '0,', 'maxValues'],
    ['empty strings', '"",', 'maxValues'],
    ['levels', '[', 'maxValues'],
  ])('refuses 16 MiB of %s before they are parsed', (_, part, option) => {
    const text = `[${part.repeat(16_777_216 / part.length)}`
    expect(() => new JsonCodec().decode(t.any, bytesOf(text))).toThrow(exhausted(`(${option})`))
  })

  it('refuses too many different keys, wherever they stand, and takes one key any number of times', () => {
    const bounds = { maxValues: 10_000, maxKeys: 100 }
    const members = (count: number): string[] => Array.from({ length: count }, (_, i) => `"key${i}":1`)
    for (const make of [
      (all: string[]) => `{${all.join(',')}}`,
      (all: string[]) => `[${all.map((one) => `{${one}}`).join(',')}]`,
      (all: string[]) => `{ ${all.join(' , ').replaceAll(':', '\n :')} }`,
    ]) {
      expect(scan(make(members(100)), bounds)).toBe(false)
      expect(() => scan(make(members(101)), bounds)).toThrow(exhausted('at most 100 are allowed (maxKeys)'))
      expect(scan(make(Array.from({ length: 2_000 }, () => '"k":{"l":1}')), bounds)).toBe(false)
    }
  })

  it('refuses to write too many different keys', () => {
    const codec = new JsonCodec({ maxKeys: 100 })
    const record = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]))
    expect(codec.decode(t.record(t.int), codec.encode(t.record(t.int), record(100)))).toEqual(record(100))
    expect(() => codec.encode(t.record(t.int), record(101))).toThrow(exhausted('(maxKeys)'))
  })

  it('counts nothing within strings, of any length and with any escapes', () => {
    const bounds = { maxValues: 1, maxKeys: 1 }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('"\\[]{},:aN0é')), maxLength: 300 }), (value) => {
        expect(scan(JSON.stringify({ k: value }), bounds)).toBe(false)
        expect(() => scan(JSON.stringify({ k: value, l: value }), bounds)).toThrow(exhausted('(maxKeys)'))
      }),
    )
    for (const length of [63, 64, 65, 127, 128, 129, 1_000])
      for (const tail of ['', '\\', '\\\\', '"', '\\"', '"\\', '\\\\"'])
        expect(scan(JSON.stringify({ k: 'x'.repeat(length) + tail + ','.repeat(9) + tail }), bounds)).toBe(false)
  })

  it.each([
    ['9007199254740993', true],
    ['-9007199254740993', true],
    ['9007199254740993.0', true],
    ['999999999999999', false],
    ['0.12345678901234567', false],
    ['1e22', true],
    ['1.5E+22', true],
    ['1e-22', false],
    ['NaN', true],
    ['-Infinity', true],
    ['true', false],
    ['"NaN 9007199254740993"', false],
  ])('tells whether JSON.parse may read it otherwise: %s', (text, isSpecial) => {
    for (const place of [text, `[1,${text}]`, `{"k":${text},"l":2}`]) expect(scan(place)).toBe(isSpecial)
  })

  it('changes nothing about what is read', () => {
    const long = new JsonCodec({ maxValues: 40, maxKeys: 4 })
    for (const text of ['9007199254740993', '1e22', 'NaN', '0.1', '"x"', 'null', '[[[]]]', '{"a":{"a":1}}']) {
      const padded = `[${' '.repeat(50)}${text}]`
      expect(needsScan(padded.length, { maxValues: 40, maxKeys: 4 })).toBe(true)
      expect(long.decode(t.any, bytesOf(padded))).toEqual(parseJson(padded))
    }
  })

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 10 }), (bytes, maxValues) => {
        try {
          scanJson(bytes, { maxValues, maxKeys: 2 })
        } catch (error) {
          expect(error).toBeInstanceOf(RpcError)
        }
      }),
    )
  })

  it('is for JSON that can be over a bound', () => {
    const bounds = { maxValues: 1_000_000, maxKeys: 100_000 }
    expect([700_000, 700_001, 1_000_001].map((length) => needsScan(length, bounds))).toEqual([false, true, true])
  })
})
