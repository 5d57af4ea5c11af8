import { runInNewContext } from 'node:vm'
import { t, Timestamp } from '@aster/rpc-core'
import { isBytes, isDate, isMap, isPlainObject, isSet, setKey } from '@aster/rpc-core/schema'
import { describe, expect } from 'vitest'
import { illTyped } from './refusals.ts'
import { expectSame } from './same.ts'
import { type CodecSuite, expectRpcError, roundTrip } from './suite.ts'
import { typeText, values } from './values.ts'

/** Registers the cases of values of another realm: an iframe, a `vm` context, a Jest test. */
export function testRealms({ make, test }: CodecSuite): void {
  describe('values of another realm', () => {
    for (const [type, examples] of values) {
      test(`carries ${typeText(type)} of another realm`, () => {
        const codec = make()
        for (const value of examples) {
          const foreign = toForeign(value)
          expectSame(roundTrip(codec, type, foreign), value)
          expect(codec.encode(type, foreign)).toEqual(codec.encode(type, value))
        }
      })
    }

    test('returns a Timestamp for a Date of another realm', () => {
      const date = new Date('2026-01-02T03:04:05.678Z')
      const Moments = t.struct('compliance/Moments', { list: t.list(t.timestamp) })
      const expected = { list: [Timestamp.fromDate(date)] }
      expectSame(roundTrip(make(), Moments, toForeign({ list: [date] })), expected)
    })

    test('refuses values of another realm with the same messages as its own', () => {
      for (const [type, value] of illTyped) {
        const own = expectRpcError(() => make().encode(type, value))
        const foreign = expectRpcError(() => make().encode(type, toForeign(value)))
        expect([foreign.code, foreign.message]).toEqual([own.code, own.message])
      }
    })
  })
}

type Realm = Pick<typeof globalThis, 'Array' | 'Date' | 'Map' | 'Object' | 'Set' | 'Uint8Array'>

let realm: Realm | undefined

/** Returns a copy of a value, made with the classes of another realm. */
function toForeign(value: unknown): unknown {
  const other = (realm ??= runInNewContext('({ Array, Date, Map, Object, Set, Uint8Array })') as Realm)
  if (isBytes(value)) return other.Uint8Array.from(value)
  if (isDate(value)) return new other.Date(value.getTime())
  if (isSet(value)) return new other.Set([...value].map(toForeign))
  if (isMap(value)) return new other.Map([...value].map(([key, item]) => [toForeign(key), toForeign(item)]))
  // A hole of a list stays a hole.
  if (Array.isArray(value)) return Object.assign(new other.Array(value.length), mapMembers(value))
  return isPlainObject(value) ? Object.defineProperties(new other.Object(), descriptors(value)) : value
}

function mapMembers(value: object): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) setKey(members, key, toForeign(item))
  return members
}

function descriptors(value: object): PropertyDescriptorMap {
  return Object.getOwnPropertyDescriptors(mapMembers(value))
}
