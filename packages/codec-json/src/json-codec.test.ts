import { AsterError, RpcError, StatusCode, t, Timestamp, type Type } from '@aster/rpc-core'
import { RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { JsonCodec } from './index.ts'

const codec = new JsonCodec()
const Point = t.struct('test/Point', { x: t.int, y: t.int })
const Line = t.struct('test/Line', { points: t.list(Point), maybeName: t.optional(t.string) })

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const write = (type: Type, value: unknown): string =>
  new TextDecoder().decode(codec.encode<unknown, unknown>(type, value))
const read = (type: Type, text: string, from = codec): unknown => from.decode(type, bytesOf(text))

function failure(run: () => unknown, code: StatusCode): string {
  try {
    run()
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    expect(error.codeName + error.message).toContain(new RpcError(code, '').codeName)
    return error.message
  }
  expect.fail('expected an RpcError')
}

describe('the text that JsonCodec writes', () => {
  it("has Python's field names and every field", () => {
    expect(write(Line, { points: [{ x: 1 }] })).toBe('{"points":[{"x":1,"y":0}],"maybe_name":null}')
    expect(write(t.struct('test/Empty', {}), {})).toBe('{}')
  })

  it.each<[Type, unknown, string]>([
    [t.string, 'a"\\\n\u0001é😀', '"a\\"\\\\\\n\\u0001é😀"'],
    [t.int, Number.MIN_SAFE_INTEGER, '-9007199254740991'],
    [t.int64, 2n ** 63n - 1n, '9223372036854775807'],
    [t.float64, 1, '1'],
    [t.float64, -0, '-0.0'],
    [t.float64, 2 ** 60, '1152921504606847000.0'],
    [t.float64, 1e300, '1e+300'],
    [t.list(t.float64), [Number.NaN, Infinity, -Infinity], '[NaN,Infinity,-Infinity]'],
    [t.float32, 0.1, '0.10000000149011612'],
    [t.bytes, Uint8Array.of(0, 255), '"AP8="'],
    [t.timestamp, new Timestamp(1_767_323_045, 6000), '"2026-01-02T03:04:05.000006Z"'],
    [t.date, '2026-01-02', '"2026-01-02"'],
    [t.optional(t.int), undefined, 'null'],
    [t.set(t.string), new Set(['b', 'a']), '["b","a"]'],
    [t.record(t.int), { a: 1, '"': 2 }, '{"a":1,"\\"":2}'],
    [t.map(t.int, t.bool), new Map([[-1, true]]), '{"-1":true}'],
    [t.map(t.float64, t.int), new Map([[-0.5, 1]]), '{"-0.5":1}'],
    [t.map(t.bool, t.int), new Map([[false, 1]]), '{"false":1}'],
    [t.map(t.date, t.int), new Map([['2026-01-02', 1]]), '{"2026-01-02":1}'],
    [t.map(t.timestamp, t.int), new Map([[Timestamp.EPOCH, 1]]), '{"1970-01-01T00:00:00.000Z":1}'],
    [
      t.map(
        t.lazy(() => t.enum('test/E', { A: 1, B: 'b' })),
        t.int,
      ),
      new Map<unknown, number>([
        [1, 1],
        ['b', 2],
      ]),
      '{"1":1,"b":2}',
    ],
    [
      t.any,
      { a: [1, 2.5, 2n ** 70n, null, undefined], b: undefined },
      '{"a":[1,2.5,1180591620717411303424,null,null]}',
    ],
  ])('is for %o and %o', (type, value, text) => {
    expect(write(type, value)).toBe(text)
  })

  it('is what the headers of the protocol need', () => {
    expect(write(StreamHeader, { service: 'S', method: 'm', version: 1, serializationMode: 3 })).toBe(
      '{"service":"S","method":"m","version":1,"callId":"","deadlineEpochMs":0,"serializationMode":3,"metadataKeys":[],"metadataValues":[]}',
    )
    expect(write(RpcStatus, {})).toBe('{"code":0,"message":"","detailKeys":[],"detailValues":[]}')
  })

  it('has no form for some values and keys', () => {
    expect(failure(() => write(t.timestamp, new Timestamp(1e15)), StatusCode.INVALID_ARGUMENT)).toContain(
      'years 0001 to 9999',
    )
    expect(failure(() => write(t.record(t.any), { at: Timestamp.EPOCH }), StatusCode.INVALID_ARGUMENT)).toBe(
      'at: expected a JSON value (any), found an object of class Timestamp',
    )
    expect(failure(() => write(t.map(Point, t.int), new Map()), StatusCode.UNIMPLEMENTED)).toContain(
      "keys of kind 'struct'",
    )
    const Twice = t.enum('test/Twice', { A: 1, B: '1' })
    expect(failure(() => write(t.map(Twice, t.int), new Map()), StatusCode.UNIMPLEMENTED)).toContain('same string')
  })

  it('says all that does not fit', () => {
    expect(
      failure(() => write(Line, { points: [{ x: 'far', z: 1 }], maybeName: 5 }), StatusCode.INVALID_ARGUMENT),
    ).toBe(
      'points[0].x: expected an integer (int), found a string; points[0].z: no such field in test/Point; maybeName: expected a string, found the integer 5',
    )
  })

  it('is refused for a definition that no value has', () => {
    const Endless: Type = t.struct('test/Endless', { self: t.lazy(() => Endless) })
    expect(failure(() => write(Endless, {}), StatusCode.INVALID_ARGUMENT)).toContain('contains itself')
    const taking = new JsonCodec({ missing: 'default' })
    expect(failure(() => read(Endless, '{}', taking), StatusCode.CONTRACT_VIOLATION)).toContain('contains itself')
  })
})

describe('the text that JsonCodec reads', () => {
  it('may hold what Python writes', () => {
    const Answer = t.struct('interop/Answer', {
      text: t.string,
      ratio: t.float64,
      count: t.int64,
      byId: t.map(t.int, t.string),
    })
    expect(
      read(Answer, '{"text":"\\u00e9\\ud83d\\ude00\\u007f","ratio":NaN,"count":9223372036854775807,"by_id":{"1":"a"}}'),
    ).toEqual({
      text: 'é😀\u007f',
      ratio: Number.NaN,
      count: 9223372036854775807n,
      byId: new Map([[1, 'a']]),
    })
    expect(read(t.list(t.float64), '[1, 1.0, -0.0, 1e+22, 1180591620717411303424, 1e400]')).toEqual([
      1,
      1,
      -0,
      1e22,
      2 ** 70,
      Infinity,
    ])
  })

  it('must have every field that is not optional, unless told otherwise', () => {
    expect(failure(() => read(Line, '{"points":[{"x":1,"y":2},{"y":1}]}'), StatusCode.CONTRACT_VIOLATION)).toBe(
      'points[1].x: missing in test/Point',
    )
    expect(read(Line, '{"points":[]}')).toEqual({ points: [], maybeName: undefined })
    const taking = new JsonCodec({ missing: 'default' })
    expect(read(Line, '{"points":[{"y":1}]}', taking)).toEqual({ points: [{ x: 0, y: 1 }], maybeName: undefined })
    expect(read(Line, '{}', taking)).toEqual({ points: [], maybeName: undefined })
  })

  it('may leave out any field of the messages of the protocol, but add none', () => {
    expect(read(RpcStatus, '{"code":5}')).toEqual({ code: 5, message: '', detailKeys: [], detailValues: [] })
    expect(failure(() => read(RpcStatus, '{"code":5,"extra":1}'), StatusCode.CONTRACT_VIOLATION)).toBe(
      'extra: no such field in _aster/RpcStatus',
    )
  })

  it.each<[Type, string, string]>([
    [Line, '{"points":[{"x":1,"y":2},{"x":1,"y":2,"z":3}]}', 'points[1].z: no such field in test/Point'],
    [Line, '{"points":[{"x":1,"y":"2"}]}', 'points[0].y: expected an integer (int), found a string'],
    [Line, '{"points":null}', 'points: expected a list, found null'],
    [Line, '[]', 'expected an object (test/Line), found a list'],
    [Line, '{"points":[],"maybe_name":5}', 'maybe_name: expected a string, found the integer 5'],
    [
      t.struct('test/Hi', { maybeName: t.string }),
      '{"maybeName":"x","maybe_name":""}',
      'maybeName: no such field in test/Hi',
    ],
    [t.int, '1.5', 'expected an integer (int), found the number 1.5'],
    [
      t.int,
      '9007199254740993',
      'expected an integer from -9007199254740991 to 9007199254740991 (int), found 9007199254740993; use t.int64 for the whole 64-bit range',
    ],
    [t.int8, `${'9'.repeat(50)}`, 'expected an integer from -128 to 127 (int8), found one of 50 digits'],
    [t.int64, '9223372036854775808', 'expected a bigint from -9223372036854775808 to 9223372036854775807 (int64)'],
    [t.int64, '"1"', 'expected an integer (int64), found a string'],
    [t.int64, '1e18', 'expected an integer (int64) in digits, found the number 1000000000000000000'],
    [t.bool, '1', 'expected a boolean, found the integer 1'],
    [t.bytes, '"AP8"', 'expected bytes as a base64 string, found a string'],
    [t.bytes, '"AP 8"', 'expected bytes as a base64 string, found a string'],
    [t.bytes, '[1]', 'expected bytes as a base64 string, found a list'],
    [t.timestamp, '"yesterday"', 'Timestamp: expected ISO 8601 with a zone, like 2026-01-02T03:04:05.000006Z'],
    [t.timestamp, '5', 'expected a timestamp as an ISO 8601 string, found the integer 5'],
    [t.date, '"2026-02-30"', "expected a date like '2026-01-02' that exists"],
    [t.enum('test/Color', { RED: 'red' }), '"RED"', 'expected one of "red" (enum test/Color), found "RED"'],
    [t.record(t.int), '[]', 'expected an object, found a list'],
    [t.map(t.int, t.int), '{"01":1}', '["01"]: expected a key that is a value of kind \'int\''],
    [t.map(t.int8, t.int), '{"128":1}', '["128"]: expected an integer from -128 to 127 (int8), found 128'],
    [t.map(t.timestamp, t.int), '{"x":1}', "x: expected a key that is a value of kind 'timestamp'"],
    [t.string, '"\\ud800"', 'expected a string without lone surrogates'],
    [t.record(t.int), '{"\\uDFFF":1}', 'expected keys without lone surrogates'],
    [t.any, '{"a":["\\ud800x"]}', 'a[0]: expected a string without lone surrogates'],
  ])('is refused for %o: %s', (type, text, message) => {
    expect(failure(() => read(type, text), StatusCode.CONTRACT_VIOLATION)).toBe(message)
  })

  it('must be JSON in UTF-8 without a byte order mark', () => {
    expect(failure(() => read(Point, '{"x":1'), StatusCode.DATA_LOSS)).toBe(
      "broken JSON: expected ',' or '}' at the end (byte 6)",
    )
    expect(failure(() => read(Point, '\uFEFF{}'), StatusCode.DATA_LOSS)).toBe('broken JSON: expected a value at byte 0')
    for (const [broken, at] of [
      [[0xff], 2],
      [[0xc3, 0xa9, 0xc3], 4],
      [[0xed, 0xa0, 0x80], 2],
      [[0xe0, 0x80, 0x80], 2],
      [[0xf4, 0x90, 0x80, 0x80], 2],
      [[0xf0, 0x9f, 0x98, 0x80, 0x80], 6],
    ] as const) {
      const bytes = Uint8Array.of(0x5b, 0x22, ...broken)
      expect(failure(() => codec.decode(t.any, bytes), StatusCode.DATA_LOSS)).toBe(
        `expected JSON in UTF-8, found a broken sequence at byte ${at}`,
      )
    }
  })

  it('returns any JSON value for t.any, large integers as bigints', () => {
    expect(read(t.any, '{"a":[1,9007199254740993,1.5,null,true,"x"],"b":NaN}')).toEqual({
      a: [1, 9007199254740993n, 1.5, null, true, 'x'],
      b: Number.NaN,
    })
  })

  it('is refused when it is nested too deep, however large', () => {
    for (const type of [t.any, t.list(t.int), Point]) {
      for (const text of [
        '['.repeat(1_000_000),
        '['.repeat(1_000_000) + ']'.repeat(1_000_000),
        `${'{"x":'.repeat(300_000)}1${'}'.repeat(300_000)}`,
      ]) {
        expect(() => read(type, text)).toThrow(RpcError)
      }
    }
  })
})

describe('a peer of another version', () => {
  const lenient = new JsonCodec({ unknown: 'ignore' })
  const Order = t.struct('test/Order', { name: t.optional(t.string), quantity: t.withDefault(t.int, 1), at: Point })
  const Strict = t.struct('test/Strict', { id: t.int, maybe: t.optional(t.int) }, { required: true })

  it('may have fields that are not known here', () => {
    const text = '{"points":[{"x":1,"y":2,"z":{"deep":[1]}}],"constructor":1,"more":9007199254740993}'
    expect(read(Line, text, lenient)).toEqual({ points: [{ x: 1, y: 2 }], maybeName: undefined })
    expect(failure(() => read(Line, text), StatusCode.CONTRACT_VIOLATION)).toBe(
      'points[0].z: no such field in test/Point',
    )
    expect(read(RpcStatus, '{"code":5,"extra":1}', lenient)).toMatchObject({ code: 5 })
    expect(failure(() => read(Line, '{"more":1}', lenient), StatusCode.CONTRACT_VIOLATION)).toBe(
      'points: missing in test/Line',
    )
    // Written values are checked as before.
    expect(() => lenient.encode<unknown, unknown>(Point, { x: 1, z: 2 })).toThrow('z: no such field in test/Point')
  })

  it('may lack fields that have defaults of their own', () => {
    expect(read(Order, '{"at":{"x":1,"y":2}}')).toEqual({ name: undefined, quantity: 1, at: { x: 1, y: 2 } })
    expect(read(Order, '{"at":{"x":1,"y":2},"quantity":0}')).toMatchObject({ quantity: 0 })
    expect(failure(() => read(Order, '{"quantity":null}'), StatusCode.CONTRACT_VIOLATION)).toBe(
      'quantity: expected an integer (int), found null',
    )
    const taking = new JsonCodec({ missing: 'default' })
    expect(read(Order, '{}', taking)).toEqual({ name: undefined, quantity: 1, at: { x: 0, y: 0 } })
  })

  it('may not lack fields that a struct requires', () => {
    for (const from of [codec, lenient, new JsonCodec({ missing: 'default' })]) {
      expect(read(Strict, '{"id":1}', from)).toEqual({ id: 1, maybe: undefined })
      expect(failure(() => read(Strict, '{"maybe":1}', from), StatusCode.CONTRACT_VIOLATION)).toBe(
        'id: missing in test/Strict',
      )
      const Outer = t.struct('test/Outer', { strict: Strict })
      expect(failure(() => read(Outer, '{}', from), StatusCode.CONTRACT_VIOLATION)).toBe(
        'strict: missing in test/Outer',
      )
    }
  })

  it('may have members of an enum that are not known here, which are strings or numbers', () => {
    const Color = t.enum('test/Color', { RED: 'red', ONE: 1 }, { unknown: '' })
    for (const text of ['"blue"', '7', '-0.5', '12345678901234567890', '""'])
      expect(read(t.list(Color), `[${text},1]`)).toEqual(['', 1])
    expect(read(t.map(Color, t.int), '{"red":1,"blue":2}')).toEqual(
      new Map([
        ['red', 1],
        ['', 2],
      ]),
    )
    for (const text of ['null', 'true', '{}', '["red"]'])
      expect(failure(() => read(Color, text), StatusCode.CONTRACT_VIOLATION)).toContain('(enum test/Color), found ')
    const Known = t.enum('test/Color', { RED: 'red' })
    expect(failure(() => read(t.map(Known, t.int), '{"blue":2}'), StatusCode.CONTRACT_VIOLATION)).toBe(
      'blue: expected one of "red" (enum test/Color), found "blue"',
    )
  })
})

it('refuses an option that it does not know', () => {
  expect(() => new JsonCodec({ missing: 'ignore' as never })).toThrow(AsterError)
  expect(() => new JsonCodec({ unknown: 'default' as never })).toThrow(
    "JsonCodec: expected unknown as 'error' or 'ignore', found 'default'",
  )
})
