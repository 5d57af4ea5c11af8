import { t, type Type } from '@aster/rpc-core'
import { RpcStatus } from '@aster/rpc-core/protocol'
import { compareCodePoints, snakeCase, unwrap, type Unwrapped } from '@aster/rpc-core/schema'
import { expect, it } from 'vitest'
import { bytesOf, hexOf } from '../../test/hex.ts'
import { Decoders } from '../decode/decoders.ts'
import { Encoders } from '../encode/encoders.ts'
import { makeRoot } from '../root.ts'
import { ReadBuffer } from '../wire/read-buffer.ts'
import { WriteBuffer } from '../wire/write-buffer.ts'
import { CodecContext } from './codec-context.ts'
import type { Dialect } from './dialect.ts'
import { dialect016, dialect017 } from './dialects.ts'
import { compareFields016, declaredId } from './layout-rules-016.ts'
import type { LayoutField } from './struct-layout.ts'

/** The dialect of pyfory 1.7.7 with `compatible=False`, as far as it is known. */
const dialect1: Dialect = {
  ...dialect017,
  name: '1',
  valueHeader: Uint8Array.of(0x01, 0xff),
  nullMessage: Uint8Array.of(0x01, 0xfd),
  readHeader: (input) => input.u8() === 0x01 || input.throwDataLoss('not of Fory 1'),
  fingerprint: (fields) =>
    [...fields]
      .sort((a, b) => compareCodePoints(snakeCase(a.wireName), snakeCase(b.wireName)))
      .map((field) => `${snakeCase(field.wireName)},${part(field)};`)
      .join(''),
  compareFields(a, b) {
    const others = Number(isNumber(b)) - Number(isNumber(a))
    if (others !== 0) return others
    return isNumber(a) ? compareFields016(a, b) : compareCodePoints(snakeCase(a.wireName), snakeCase(b.wireName))
  },
  structElements: 'written',
  writeDate: (out, days) => out.int(days),
  readDate: (input) => input.int(),
}

function part({ type, optional }: Unwrapped): string {
  const element = type.kind === 'list' ? `[${part(unwrap(type.element))}]` : ''
  return `${declaredId(type)},0,${optional ? 1 : 0}${element}`
}

const isNumber = ({ type }: LayoutField): boolean => declaredId(type) > 0 && declaredId(type) <= 20

function both(dialect: Dialect, type: Type) {
  const context = new CodecContext(dialect, true)
  const parts = { types: [], context, encoders: new Encoders(context), decoders: new Decoders(context) }
  const root = makeRoot(type, parts)
  return {
    encode: (value: unknown): string => {
      const out = new WriteBuffer()
      out.start()
      root.write(out, value)
      return hexOf(out.take())
    },
    decode: (hex: string): unknown => {
      const input = new ReadBuffer()
      input.start(bytesOf(hex), root.known)
      return root.read(input)
    },
  }
}

it('can describe Fory 1.x: another header, order, fingerprint', () => {
  const status = { code: 5, message: 'nope', detailKeys: [], detailValues: [] }
  const hex = '01ff1d08016c1299220e0256785626026a249f03fc1c0a0000106e6f7065'
  const { encode, decode } = both(dialect1, RpcStatus)
  expect(encode(status)).toBe(hex)
  expect(decode(hex)).toEqual(status)
})

it('can describe Fory 1.x: another date', () => {
  const { encode, decode } = both(dialect1, t.date)
  expect(encode('2024-01-01')).toBe('01ff2796b402')
  expect(decode('01ff2796b402')).toBe('2024-01-01')
})

it('can describe Fory 1.x: types before structs in containers', () => {
  const Point = t.struct('interop/Point', { x: t.int, y: t.int })
  const Holder = t.struct('interop/Holder', {
    list: t.list(t.optional(Point)),
    map: t.record(t.optional(Point)),
  })
  const value = {
    list: [{ x: 1, y: 2 }, undefined, { x: 3, y: 4 }],
    map: { a: { x: 5, y: 6 }, b: undefined, c: { x: 7, y: 8 } },
  }
  const { encode, decode } = both({ ...dialect016, structElements: 'written' }, Holder)
  const hex = encode(value)
  expect(hex).toContain('030a1d0a0121b3245cf00803bdc86cc0ff0afd99490204fdff0afd99490608')
  expect(hex).toContain(hexOf(bytesOf('0304011d0709 0461 0afd99490a0c 140462 04011d0709 0463 0afd99490e10')))
  expect(decode(hex)).toEqual(value)
  expect(both(dialect016, Holder).decode(hex)).toEqual(value)
})
