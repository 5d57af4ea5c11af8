import { RpcError, StatusCode, t, Timestamp, type Type } from '@aster/rpc-core'
import { CallHeader, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { bytesOf, hexOf } from '../test/hex.ts'
import { ForyCodec, typed } from './index.ts'

const Point = t.struct('interop/Point', { x: t.int, y: t.int })
const Line = t.struct('interop/Line', {
  from: Point,
  to: t.optional(Point),
  via: t.list(Point),
  names: t.record(t.string),
})

const Holder = t.struct('x/Holder', { p: Point })

const codec = new ForyCodec()
const write = (type: Type, value: unknown): string => hexOf(codec.encode<unknown, unknown>(type, value))
const read = (type: Type, hex: string): unknown => codec.decode(type, bytesOf(hex))

/** Returns the message of the `RpcError` that `run` throws, and checks its code. */
function failure(code: StatusCode, run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    expect(error.codeName).toBe(new RpcError(code, '').codeName)
    return error.message
  }
  expect.fail('expected an RpcError')
}

const refused = (type: Type, value: unknown): string => failure(StatusCode.INVALID_ARGUMENT, () => write(type, value))
const broken = (type: Type, hex: string): string => failure(StatusCode.DATA_LOSS, () => read(type, hex))
const violated = (type: Type, hex: string): string => failure(StatusCode.CONTRACT_VIOLATION, () => read(type, hex))

describe('the messages of the protocol', () => {
  const status = '02ff1d08016c1299220e0256785626026a245353ca9f'

  it.each<[Type, Record<string, unknown>, string]>([
    [RpcStatus, { code: 5, message: 'nope', detailKeys: [], detailValues: [] }, `${status}0a106e6f70650000`],
    [RpcStatus, { code: 0, message: '', detailKeys: [], detailValues: [] }, `${status}00000000`],
    [
      StreamHeader,
      {
        service: 'S',
        method: 'm',
        version: 1,
        callId: 'c',
        deadlineEpochMs: 1775500000123,
        serializationMode: 0,
        metadataKeys: ['k'],
        metadataValues: ['v'],
      },
      '02ff1d08016c129922120476538900ce9c801922a40518def6eddfc0ac6700020463046d0453010c046b010c0476',
    ],
    [
      CallHeader,
      { method: 'get', callId: '9', deadlineEpochMs: 1, metadataKeys: ['a'], metadataValues: ['b'] },
      '02ff1d08016c1299221002380165c220018888712586790204390c676574010c0461010c0462',
    ],
  ])('are those of pyfory: %o', (type, value, hex) => {
    expect(write(type, value)).toBe(hex)
    expect(read(type, hex)).toStrictEqual(value)
    expect(Object.keys(read(type, hex) as object)).toEqual(Object.keys(value))
  })

  it('have defaults for absent fields', () => {
    expect(write(RpcStatus, {})).toBe(`${status}00000000`)
    expect(write(RpcStatus, { message: undefined })).toBe(`${status}00000000`)
  })
})

describe('encode', () => {
  it.each<[string, unknown, string]>([
    ['from.x', { from: { x: '1' } }, 'expected an integer (int), found a string'],
    ['via[1].y', { via: [{}, { y: 1.5 }] }, 'expected an integer (int), found the number 1.5'],
    ['names["a b"]', { names: { 'a b': 1 } }, 'expected a string, found the integer 1'],
    ['names.constructor', { names: { constructor: null } }, 'expected a string, found null'],
    ['via', { via: new Set() }, 'expected a list'],
    ['nmaes', { nmaes: {} }, 'no such field'],
    ['from.z', { from: { x: 1, y: 2, z: 3 } }, 'no such field'],
    ['to', { to: [] }, 'expected an object'],
  ])('refuses a value that does not fit, naming %s', (path, value, text) => {
    for (const generateCode of [true, false]) {
      const message = failure(StatusCode.INVALID_ARGUMENT, () =>
        new ForyCodec({ generateCode }).encode<unknown, unknown>(Line, value),
      )
      expect(message).toContain(`${path}: ${text}`)
    }
  })

  it('accepts an unknown member of a class instance, and an undefined one of a plain object', () => {
    class Position {
      x = 1
      y = 2
      z = 3
    }
    expect(read(Point, write(Point, new Position()))).toEqual({ x: 1, y: 2 })
    expect(refused(Point, { x: 1, y: 2, z: undefined })).toContain('z: no such field')
  })

  it('treats a field as absent if every object inherits its name', () => {
    const Odd = t.struct('x/Odd', { constructor: t.optional(t.int), toString: t.string, hasOwnProperty: t.int })
    expect(read(Odd, write(Odd, {}))).toEqual({ constructor: undefined, toString: '', hasOwnProperty: 0 })
    expect(read(Odd, write(Odd, { toString: 'x' }))).toHaveProperty('toString', 'x')
  })

  it('refuses a value that contains itself', () => {
    const Node = t.struct('x/Node', { next: t.optional(t.lazy((): Type => Node)), any: t.any })
    const node: Record<string, unknown> = {}
    node['next'] = node
    expect(refused(Node, node)).toContain('nested deeper than 100 levels')
    const list: unknown[] = []
    list.push(list)
    expect(refused(Node, { any: list })).toContain('nested deeper than 100 levels')
  })

  it('refuses a string with a lone surrogate', () => {
    const Text = t.struct('x/Text', { text: t.string, texts: t.record(t.any) })
    expect(refused(Text, { text: 'a\ud800' })).toContain('text: expected a string without lone surrogates')
    expect(refused(Text, { texts: { '\udc00': 1 } })).toContain('lone surrogates')
    expect(refused(Text, { texts: { a: ['😀', 'x'.repeat(99) + '\ud83d'] } })).toContain('texts.a[1]')
  })

  it('refuses times that Python does not have', () => {
    expect(refused(t.struct('x/T', { at: t.timestamp }), { at: new Timestamp(253_402_300_800) })).toContain(
      'at: expected a time in the years 1 to 9999',
    )
    expect(refused(t.timestamp, new Date(Number.NaN))).toContain('expected a valid Date')
  })

  it('returns bytes of any size that no later message changes', () => {
    const Blob = t.struct('x/Blob', { before: t.string, data: t.bytes, names: t.map(t.int, t.string) })
    const sizes = [0, 10, 200, 5000, 15_000, 16_384, 17_000, 100, 2_000_000, 3, 40_000, 1000, 16_000]
    const values = sizes.map((size) => ({
      before: 'x'.repeat(size % 300),
      data: new Uint8Array(size).fill(size),
      // Some messages are longer than the rest of a block, and have more than one chunk.
      names: new Map(Array.from({ length: size % 700 }, (_, i) => [i, `name ${i}`])),
    }))
    const written = values.map((value) => codec.encode(Blob, value))
    values.forEach((value, i) => {
      const bytes = written[i] ?? new Uint8Array()
      expect(hexOf(bytes) === hexOf(new ForyCodec().encode(Blob, value))).toBe(true)
      expect(codec.decode(Blob, bytes).names).toEqual(value.names)
    })
  })

  it('writes the names in full in each message, independent of earlier messages', () => {
    for (const dialect of ['0.16', '0.17'] as const) {
      const shared = new ForyCodec({ dialect })
      const types = ['A', 'B', 'ns/A', 'ns/B', 'A'].map((tag) => t.struct(tag, { next: t.optional(Point), any: t.any }))
      for (const type of [...types, ...types]) {
        const value = { next: { x: 1 }, any: [typed(Point, {})] }
        expect(hexOf(shared.encode(type, value))).toBe(hexOf(new ForyCodec({ dialect }).encode(type, value)))
      }
    }
  })

  it('continues after a message that failed', () => {
    const before = write(Point, { x: 1 })
    refused(Line, { names: { a: 'text', b: 5 } })
    expect(write(Point, { x: 1 })).toBe(before)
  })

  it('can encode one message while it encodes another', () => {
    const inner: string[] = []
    const value = {
      from: {
        get x() {
          inner.push(write(Line, { from: { x: 7 } }))
          return 1
        },
      },
      via: [{ x: 2 }],
    }
    const plain = { from: { x: 1 }, via: [{ x: 2 }] }
    expect(read(Line, write(Line, value))).toEqual(read(Line, write(Line, plain)))
    expect(inner[0]).toBe(write(Line, { from: { x: 7 } }))
  })
})

describe('decode', () => {
  const point = '02ff1d0a0121b3245cf00803bdc86cc00afd9949'

  it.each<[string, string, string]>([
    ['', 'the message ends early', 'at byte 0'],
    ['02', 'the message ends early', 'at byte 1'],
    [`${point}02`, 'interop/Point: y: the message ends early', 'at byte 21'],
    [`${point}0280`, 'interop/Point: y: the message ends early', 'at byte 22'],
    [`${point}020400`, '1 bytes more than the message has', 'at byte 22'],
    ['02fe1d', 'a reference to another value', 'at byte 2'],
    ['0207', '0x7 is not a flag', 'at byte 2'],
    ['06ff', 'refers to buffers outside of it', 'at byte 1'],
    ['7b22', '0x7b cannot begin a message of Fory', 'at byte 1'],
    ['02ff1d030303', 'a reference to a name that does not exist', 'at byte 4'],
    ['02ff1d0a05', 'a name of 5 bytes, but only 0 are left', 'at byte 5'],
  ])('names the byte at which %j breaks', (hex, text, offset) => {
    for (const generateCode of [true, false]) {
      const message = failure(StatusCode.DATA_LOSS, () => new ForyCodec({ generateCode }).decode(Point, bytesOf(hex)))
      expect(message).toContain(text)
      expect(message).toContain(`(${offset})`)
    }
  })

  it('names the type that is defined differently', () => {
    expect(violated(Point, `${point.slice(0, -8)}000000000204`)).toMatch(
      /the two sides define interop\/Point differently: .*hash 00000000, own 4999fd0a\) \(at byte 16\)/,
    )
    expect(violated(Point, '02ff1d08016c1299220e0256785626026a245353ca9f00000000')).toContain(
      'expected struct interop/Point, found _aster/RpcStatus',
    )
    expect(violated(Point, '02ff070a')).toContain('expected struct interop/Point, found int64')
  })

  it('names the path within containers', () => {
    const hex = write(Line, { via: [{ x: 1 }, { x: 2 }], names: { a: 'x', b: 'yz' } })
    expect(broken(Line, hex.slice(0, hex.indexOf('08797a') + 4))).toContain(
      'names.b: a string of 2 bytes, but only 1 are left',
    )
    expect(violated(Line, hex.replace('0afd99490400', '0afd99480400'))).toContain(
      'via[1]: the two sides define interop/Point differently',
    )
  })

  it('refuses Fory 1.x by name, which pyfory reads as null', () => {
    const message = violated(RpcStatus, '01ff1d08016c1299220e0256785626026a249f03fc1c0a0000106e6f7065')
    expect(message).toContain('the message is of Fory 1.x')
  })

  it('refuses null, and names the type that accepts it', () => {
    expect(violated(Point, '03fd')).toContain('expected struct interop/Point, found null')
    expect(read(t.optional(Point), '03fd')).toBeUndefined()
    expect(violated(Holder, write(t.struct('x/Holder', { p: t.any }), {}))).toContain('a t.any takes null')
  })

  it('refuses an integer that a number cannot hold, and names the type that can', () => {
    const hex = write(t.struct('x/N', { n: t.int64 }), { n: 2n ** 53n })
    expect(violated(t.struct('x/N', { n: t.int }), hex)).toContain(
      'n: an integer beyond ±(2^53 − 1); declare it t.int64',
    )
    expect(read(t.struct('x/N', { n: t.int64 }), hex)).toEqual({ n: 2n ** 53n })
  })

  it('refuses a member that the enum does not have', () => {
    const Both = t.struct('x/E', { e: t.enum('x/C', { A: 'a', B: 'b' }) })
    const One = t.struct('x/E', { e: t.enum('x/C', { A: 'a' }) })
    expect(violated(One, write(Both, { e: 'b' }))).toContain('e: member 1 of enum x/C, which has 1 here')
  })

  it.each(['ffffffff0f', 'ffffffff07', '808080800e'])(
    'allocates no memory for counts beyond the bytes left: %s',
    (count) => {
      const Many = t.struct('x/Many', { list: t.list(t.int) })
      const hex = write(Many, {})
      expect(broken(Many, `${hex.slice(0, -2)}${count}0c0000`)).toContain('list: a list of')
      expect(broken(t.any, `02ff18${count}0000`)).toContain('a map of')
      expect(broken(t.any, `02ff29${count}00`)).toContain('bytes of')
    },
  )

  it('creates at most a million sets and maps, each empty one from a byte', () => {
    const bytes = new Uint8Array(1_000_100)
    bytes.set(bytesOf('02ff16 f2843d 08 17'))
    expect(failure(StatusCode.RESOURCE_EXHAUSTED, () => codec.decode(t.any, bytes))).toContain(
      'at most 1000000 are allowed (maxValues)',
    )
  })

  it('reads 100 levels and no more', () => {
    const nested = (levels: number): string => `02ff${'160108'.repeat(levels)}070a`
    expect(read(t.any, nested(100))).toBeDefined()
    expect(broken(t.any, nested(101))).toContain('nested deeper than 100 levels')
  })

  it('returns values that share no memory with the bytes, also of a Buffer', () => {
    const Blob = t.struct('x/Blob', { data: t.bytes, text: t.string })
    const bytes = Buffer.from(codec.encode(Blob, { data: Uint8Array.of(1, 2, 3), text: 'abc' }))
    const value = codec.decode(Blob, bytes)
    bytes.fill(0)
    expect(value).toStrictEqual({ data: Uint8Array.of(1, 2, 3), text: 'abc' })
  })

  it('treats __proto__ as a key like any other', () => {
    const Dict = t.struct('x/Dict', { record: t.record(t.int), any: t.any })
    const record = JSON.parse('{"__proto__":1,"a":2}') as Record<string, number>
    const back = codec.decode(Dict, codec.encode(Dict, { record, any: record }))
    expect(Object.keys(back.record)).toEqual(['__proto__', 'a'])
    expect(Object.entries(back.any as object)).toEqual(Object.entries(record))
    expect(Object.getPrototypeOf(back.record)).toBe(Object.prototype)
  })
})
