import { type Fields, t, Timestamp, type Type } from '@aster/rpc-core'
import { CallHeader, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { describe, expect } from 'vitest'
import { expectSame } from './same.ts'
import { type CodecSuite, roundTrip } from './suite.ts'
import { Color, Node, Point, typeText, values } from './values.ts'

/** Registers the cases that encode and decode each value, in every place in which its type can stand, and expect the same value. */
export function testRoundTrips({ make, test }: CodecSuite): void {
  describe('round trips', () => {
    for (const [type, examples] of values) {
      test(`carries ${typeText(type)} as a message`, () => {
        for (const value of examples) expectSame(roundTrip(make(), type, value), value)
      })
      test(`carries ${typeText(type)} in fields and containers`, () => {
        const places = t.struct(`compliance/Places`, fieldsInEveryPlace(type))
        for (const value of examples) {
          const message = {
            field: value,
            list: [value, value],
            record: { k: value },
            map: new Map([[1, value]]),
            last: 'x',
          }
          expectSame(roundTrip(make(), places, message), message)
        }
      })
    }

    test('returns a Timestamp for a Date', () => {
      const date = new Date('2026-01-02T03:04:05.678Z')
      expectSame(roundTrip(make(), t.timestamp, date), Timestamp.fromDate(date))
    })

    test('rounds float32 to single precision', () => {
      expect(roundTrip(make(), t.float32, 0.1)).toBe(Math.fround(0.1))
      expect(roundTrip(make(), t.float32, 1e300)).toBe(Infinity)
    })

    test('writes −0 of an integer as 0', () => {
      expect(roundTrip(make(), t.int, -0)).toBe(0)
    })

    test('completes missing fields with their defaults', () => {
      const All = t.struct('compliance/All', {
        text: t.string,
        flag: t.bool,
        blob: t.bytes,
        count: t.int,
        big: t.int64,
        ratio: t.float64,
        at: t.timestamp,
        day: t.date,
        maybe: t.optional(t.string),
        color: Color,
        point: Point,
        list: t.list(Point),
        set: t.set(t.string),
        record: t.record(t.int),
        map: t.map(t.int, t.string),
        node: Node,
      })
      expectSame(roundTrip(make(), All, {}), All.zero())
      expect(roundTrip(make(), All, { point: { y: 2 }, list: [{ x: 1 }], maybe: null })).toStrictEqual({
        ...All.zero(),
        point: { x: 0, y: 2 },
        list: [{ x: 1, y: 0 }],
      })
    })

    test('accepts class instances and objects without a prototype as structs', () => {
      class Marker {
        x = 1
        name = 'not a field'
        get y(): number {
          return 2
        }
      }
      expectSame(roundTrip(make(), Point, new Marker()), { x: 1, y: 2 })
      expectSame(roundTrip(make(), Point, Object.assign(Object.create(null), { x: 3 })), { x: 3, y: 0 })
    })

    test('carries keys that objects treat specially', () => {
      const special = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
      const record = Object.fromEntries(special.map((key, i) => [key, i]))
      const back = roundTrip<Record<string, number>>(make(), t.record(t.int), record)
      expect(new Map(Object.entries(back))).toEqual(new Map(Object.entries(record)))
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
      const map = new Map(special.map((key, i) => [key, i]))
      expectSame(roundTrip(make(), t.map(t.string, t.int), map), map)
      const any = roundTrip<object>(make(), t.any, record)
      expect(new Map(Object.entries(any))).toEqual(new Map(Object.entries(record)))
      expect(Object.getPrototypeOf(any)).toBe(Object.prototype)
    })

    test('carries fields with names that objects treat specially, and their defaults', () => {
      const fields: Fields = { constructor: t.string, toString: t.named('valueOf', t.int) }
      const Odd = t.struct('compliance/Odd', fields)
      expectSame(roundTrip(make(), Odd, { constructor: 'c', toString: 3 }), { constructor: 'c', toString: 3 })
      expectSame(roundTrip(make(), Odd, {}), { constructor: '', toString: 0 })
    })

    test('carries the messages of the protocol', () => {
      const call = {
        method: 'say',
        callId: 'é',
        deadlineEpochMs: 1_767_323_045_000,
        metadataKeys: ['k', ''],
        metadataValues: ['v', '😀'],
      }
      const header = { ...call, service: 'Interop', version: 1, serializationMode: make().mode }
      const status = { code: 5, message: 'no such thing', detailKeys: ['reason'], detailValues: ['because'] }
      expectSame(roundTrip(make(), StreamHeader, header), header)
      expectSame(roundTrip(make(), CallHeader, call), call)
      expectSame(roundTrip(make(), RpcStatus, status), status)
      expectSame(roundTrip(make(), RpcStatus, {}), { code: 0, message: '', detailKeys: [], detailValues: [] })
    })
  })
}

function fieldsInEveryPlace(type: Type): Record<string, Type> {
  return { field: type, list: t.list(type), record: t.record(type), map: t.map(t.int, type), last: t.string }
}
