import { RpcError, StatusCode } from '@aster/rpc-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

function failure(text: string): string {
  try {
    parseJson(text)
  } catch (error) {
    if (error instanceof RpcError && error.code === StatusCode.DATA_LOSS) return error.message
    throw error
  }
  expect.fail(`expected an error for ${JSON.stringify(text.slice(0, 40))}`)
}

/** Returns what JSON.parse returns, or `undefined` if it throws. */
function engine(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

describe('parseJson', () => {
  it('returns what JSON.parse returns', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t\r\n '), (value, space) => {
        const text = JSON.stringify(value, undefined, space)
        // A number without a fraction is a bigint if it is not a safe integer.
        fc.pre(!/\d{16}/.test(text))
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 500 },
    )
  })

  it('refuses what JSON.parse refuses, and nothing else', () => {
    const tokens = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"\\u00e9"',
      '"\\x"',
      '\\',
      'null',
      'tru',
      'true',
      '0',
      '-',
      '01',
      '1.5',
      '.5',
      '1e',
      '2E+3',
      ' ',
      '\n',
      '\v',
      '\uFEFF',
      '"\u0000"',
      "'",
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 8 }), (parts) => {
        const text = parts.join('')
        const found = engine(text)
        if (found === undefined) failure(text)
        else expect(parseJson(text)).toEqual(found.value)
      }),
      { numRuns: 5000 },
    )
  })

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        if (engine(text) === undefined) failure(text)
        else expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps every digit of an integer', () => {
    expect(parseJson('[9007199254740991, 9007199254740992, -9223372036854775808, 18446744073709551615]')).toEqual([
      9007199254740991,
      9007199254740992n,
      -9223372036854775808n,
      18446744073709551615n,
    ])
    expect(parseJson('[9007199254740993.0, 1e300, 0.1234567890123456789]')).toEqual([
      9007199254740992, 1e300, 0.12345678901234568,
    ])
  })

  it('reads integers of as many digits as Python reads, and no more', () => {
    expect(parseJson('9'.repeat(4300))).toBe(BigInt('9'.repeat(4300)))
    expect(failure(`[${'9'.repeat(1_000_000)}]`)).toBe(
      'broken JSON: expected an integer of at most 4300 digits at byte 1',
    )
  })

  it("reads Python's words for what is no number", () => {
    expect(parseJson('[NaN,Infinity , -Infinity]')).toEqual([Number.NaN, Infinity, -Infinity])
    for (const text of ['-NaN', 'nan', 'NaNs', '+Infinity', 'Infinit', '- Infinity']) failure(text)
  })

  it('lets the last of equal keys win, __proto__ among them', () => {
    expect(parseJson('{"a":1,"a":[2]}')).toEqual({ a: [2] })
    const object = parseJson('{"__proto__":{"x":1},"__proto__":2}')
    expect(Object.entries(object as object)).toEqual([['__proto__', 2]])
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
  })

  it('tells the byte, not the character, where it stopped', () => {
    expect(failure('["é😀",x]')).toBe('broken JSON: expected a value at byte 10')
    expect(failure('{"é":1')).toBe("broken JSON: expected ',' or '}' at the end (byte 7)")
    expect(failure('{"a" 1}')).toBe("broken JSON: expected ':' at byte 5")
    expect(failure('{a:1}')).toBe('broken JSON: expected a key in quotes at byte 1')
    expect(failure('[1 2]')).toBe("broken JSON: expected ',' or ']' at byte 3")
    expect(failure('1 1')).toBe('broken JSON: expected the end at byte 2')
    expect(failure('')).toBe('broken JSON: expected a value at the end (byte 0)')
    expect(failure('["a\nb"]')).toBe('broken JSON: expected the end of the string, or an escape at byte 3')
    expect(failure('["a\\qb"]')).toBe('broken JSON: expected a string without unknown escapes at byte 1')
  })

  it('reads 16 MiB in one string', () => {
    const text = 'a'.repeat(16_777_216)
    expect(parseJson(`"${text}"`)).toBe(text)
  })

  it('limits depth', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
    expect(parseJson(nested(101))).toEqual(JSON.parse(nested(101)))
    expect(failure(nested(102))).toContain('not nested deeper than 100 levels at byte 101')
    failure('['.repeat(16_777_216))
    failure('{"":'.repeat(4_000_000))
  })
})
