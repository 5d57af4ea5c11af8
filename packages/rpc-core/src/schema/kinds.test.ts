import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RpcError } from '../rpc-error.ts'
import { StatusCode } from '../status-code.ts'
import { Timestamp } from './timestamp-value.ts'
import { check } from './check.ts'
import * as t from './t.ts'
import type { Type } from './type.ts'

/** Returns the message of the error, or the value. */
function outcome(type: Type, value: unknown): unknown {
  try {
    return { value: check(type, value) }
  } catch (error) {
    if (error instanceof RpcError && error.code === StatusCode.INVALID_ARGUMENT) return error.message
    throw error
  }
}

const Color = t.enum('test/Color', { RED: 'red', GREEN: 'green', ONE: 1 })
const Point = t.struct('test/Point', { x: t.int, y: t.int })
const date = "a date like '2026-01-02'"

/** A type, its default, values that pass unchanged, and values that do not, with their messages. */
const kinds: readonly (readonly [
  name: string,
  type: Type,
  zero: unknown,
  good: unknown[],
  bad: [unknown, string][],
])[] = [
  [
    'string',
    t.string,
    '',
    ['', 'é😀', '\uFEFF'],
    [
      [5, 'expected a string, found the integer 5'],
      ['\uD800', 'expected a string without lone surrogates'],
      ['\uDC00\uD83D', 'expected a string without lone surrogates'],
      [new String('x'), 'expected a string, found an object of class String'],
    ],
  ],
  [
    'bool',
    t.bool,
    false,
    [true, false],
    [
      [1, 'expected a boolean, found the integer 1'],
      ['true', 'expected a boolean, found a string'],
    ],
  ],
  [
    'bytes',
    t.bytes,
    new Uint8Array(0),
    [Uint8Array.of(1, 2)],
    [
      [[1], 'expected a Uint8Array, found a list'],
      [new ArrayBuffer(1), 'expected a Uint8Array, found an object of class ArrayBuffer'],
      [new Uint16Array(1), 'expected a Uint8Array, found an object of class Uint16Array'],
    ],
  ],
  [
    'int',
    t.int,
    0,
    [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    [
      [1.5, 'expected an integer (int), found the number 1.5'],
      [Number.NaN, 'expected an integer (int), found the number NaN'],
      [1n, 'expected an integer (int), found a bigint'],
      ['1', 'expected an integer (int), found a string'],
      [
        2 ** 53,
        'expected an integer from -9007199254740991 to 9007199254740991 (int), found 9007199254740992; use t.int64 for the whole 64-bit range',
      ],
    ],
  ],
  [
    'int8',
    t.int8,
    0,
    [-128, 127],
    [
      [128, 'expected an integer from -128 to 127 (int8), found 128'],
      [-129, 'expected an integer from -128 to 127 (int8), found -129'],
    ],
  ],
  ['int16', t.int16, 0, [-32768, 32767], [[32768, 'expected an integer from -32768 to 32767 (int16), found 32768']]],
  [
    'int32',
    t.int32,
    0,
    [-(2 ** 31), 2 ** 31 - 1],
    [[2 ** 31, 'expected an integer from -2147483648 to 2147483647 (int32), found 2147483648']],
  ],
  [
    'uint8',
    t.uint8,
    0,
    [0, 255],
    [
      [-1, 'expected an integer from 0 to 255 (uint8), found -1'],
      [256, 'expected an integer from 0 to 255 (uint8), found 256'],
    ],
  ],
  ['uint16', t.uint16, 0, [65535], [[65536, 'expected an integer from 0 to 65535 (uint16), found 65536']]],
  [
    'uint32',
    t.uint32,
    0,
    [2 ** 32 - 1],
    [[2 ** 32, 'expected an integer from 0 to 4294967295 (uint32), found 4294967296']],
  ],
  [
    'int64',
    t.int64,
    0n,
    [-(2n ** 63n), 2n ** 63n - 1n],
    [
      [1, 'expected a bigint (int64), found the integer 1'],
      [2n ** 63n, 'expected a bigint from -9223372036854775808 to 9223372036854775807 (int64)'],
    ],
  ],
  ['uint64', t.uint64, 0n, [0n, 2n ** 64n - 1n], [[-1n, 'expected a bigint from 0 to 18446744073709551615 (uint64)']]],
  ['float32', t.float32, 0, [-0, 0.1, Number.NaN], [['1', 'expected a number (float32), found a string']]],
  [
    'float64',
    t.float64,
    0,
    [-0, 1e300, Infinity],
    [
      [1n, 'expected a number (float64), found a bigint'],
      [null, 'expected a number (float64), found null'],
    ],
  ],
  [
    'timestamp',
    t.timestamp,
    Timestamp.EPOCH,
    [new Timestamp(1, 2)],
    [
      ['2026-01-01T00:00:00Z', 'expected a Timestamp or a Date, found a string'],
      [new Date(Number.NaN), 'expected a valid Date'],
    ],
  ],
  [
    'date',
    t.date,
    '1970-01-01',
    ['2024-02-29', '0001-01-01', '9999-12-31'],
    [
      ['2023-02-29', `expected ${date} that exists`],
      ['0000-01-01', `expected ${date} that exists`],
      ['2026-1-1', `expected ${date} that exists`],
      [new Date(0), `expected ${date}, found an object of class Date`],
    ],
  ],
  ['any', t.any, undefined, [undefined, null, 1, { a: 1 }], []],
  ['optional', t.optional(t.int), undefined, [undefined, 0], [['x', 'expected an integer (int), found a string']]],
  [
    'list',
    t.list(t.int),
    [],
    [[], [1, 2]],
    [
      [[1, 'x', 3, null], '[1]: expected an integer (int), found a string; [3]: expected an integer (int), found null'],
      [new Set([1]), 'expected a list, found an object of class Set'],
      ['ab', 'expected a list, found a string'],
    ],
  ],
  [
    'set',
    t.set(t.string),
    new Set(),
    [new Set(['a'])],
    [
      [['a'], 'expected a Set, found a list'],
      [new Set([1]), '[0]: expected a string, found the integer 1'],
    ],
  ],
  [
    'record',
    t.record(t.int),
    {},
    [{}, { a: 1, 'b c': 2 }],
    [
      [new Map(), 'expected a plain object, found an object of class Map'],
      [[], 'expected a plain object, found a list'],
      [{ 'a b': 'x' }, '["a b"]: expected an integer (int), found a string'],
      [{ '\uD800': 1 }, 'expected keys without lone surrogates'],
    ],
  ],
  [
    'map',
    t.map(t.int, t.string),
    new Map(),
    [new Map([[1, 'a']])],
    [
      [{ 1: 'a' }, 'expected a Map, found an object'],
      [new Map([['k', 'v']]), 'k: expected an integer (int), found a string'],
      [new Map([[7, 8]]), '[7]: expected a string, found the integer 8'],
    ],
  ],
  [
    'enum',
    Color,
    'red',
    ['red', 'green', 1],
    [
      ['RED', 'expected one of "red", "green", 1 (enum test/Color), found "RED"'],
      ['1', 'expected one of "red", "green", 1 (enum test/Color), found "1"'],
    ],
  ],
  [
    'struct',
    Point,
    { x: 0, y: 0 },
    [{ x: 1, y: 2 }],
    [
      [
        { x: 'a', y: 'b' },
        'x: expected an integer (int), found a string; y: expected an integer (int), found a string',
      ],
      [{ x: 1, z: 2 }, 'z: no such field in test/Point'],
      [[], 'expected an object (test/Point), found a list'],
      [null, 'expected an object (test/Point), found null'],
    ],
  ],
  [
    'lazy',
    t.lazy(() => Point),
    { x: 0, y: 0 },
    [{ x: 1, y: 2 }],
    [[5, 'expected an object (test/Point), found the integer 5']],
  ],
]

describe.each(kinds)('t.%s', (_, type, zero, good, bad) => {
  it('has a default that fits', () => {
    expect(type.zero()).toEqual(zero)
    expect(outcome(type, type.zero())).toEqual({ value: zero })
  })

  it('accepts values that fit', () => {
    for (const value of good) expect(outcome(type, value)).toEqual({ value })
  })

  it('reports values that do not fit', () => {
    for (const [value, message] of bad) expect(outcome(type, value)).toBe(message)
  })

  it('survives any value', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
          withSparseArray: true,
          withTypedArray: true,
          withBoxedValues: true,
        }),
        (value) => {
          outcome(type, value)
        },
      ),
      { numRuns: 200 },
    )
  })
})
