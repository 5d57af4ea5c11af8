import { check, type Codec, StatusCode, t, type Type } from '@aster/rpc-core'
import { RpcStatus } from '@aster/rpc-core/protocol'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { arbitrarySchema } from './arbitrary-schema.ts'
import { arbitraryValue } from './arbitrary-value.ts'
import { expectSame } from './same.ts'
import { type CodecSuite, expectRpcError, roundTrip } from './suite.ts'
import { schemaText, values } from './values.ts'

const Message = t.struct('compliance/Message', Object.fromEntries(values.map(([type], i) => [`f${i}`, type])))
const example = Object.fromEntries(values.map(([, examples], i) => [`f${i}`, examples.at(-1)]))

/** Registers the cases of arbitrary bytes: `decode` returns a value of the type or throws an `RpcError`, and shares no memory with the bytes. */
export function testTotality({ make, options, runs, test }: CodecSuite): void {
  describe('any bytes', () => {
    test('fails on every message cut short', () => {
      const codec = make()
      for (const [type, value] of [
        [Message, example],
        [RpcStatus, { code: 5, message: 'nope' }],
      ] as const) {
        const bytes = codec.encode<unknown, unknown>(type, value)
        const step = Math.max(1, Math.floor(bytes.length / 4000))
        for (let length = 0; length < bytes.length; length += step) {
          expectRpcError(
            () => codec.decode(type, bytes.slice(0, length)),
            StatusCode.DATA_LOSS,
            StatusCode.CONTRACT_VIOLATION,
          )
        }
      }
    })

    test('survives flipped bytes', () => {
      const codec = make()
      const bytes = codec.encode<unknown, unknown>(Message, example)
      const flip = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
      fc.assert(
        fc.property(fc.array(flip, { minLength: 1, maxLength: 3 }), (flips) => {
          const broken = bytes.slice()
          for (const [at, mask] of flips) broken[at] = (broken[at] ?? 0) ^ mask
          expectValueOrError(codec, Message, broken)
        }),
        { numRuns: runs * 5 },
      )
    })

    test('survives random bytes', () => {
      const codec = make()
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...values), (bytes, [type]) => {
          expectValueOrError(codec, type, bytes)
          expectValueOrError(codec, Message, bytes)
        }),
        { numRuns: runs * 5 },
      )
    })

    test('survives inserted, removed and doubled bytes', () => {
      const codec = make()
      const bytes = codec.encode<unknown, unknown>(Message, example)
      fc.assert(
        fc.property(fc.nat(bytes.length), fc.nat(bytes.length), fc.uint8Array({ maxLength: 8 }), (a, b, put) => {
          expectValueOrError(codec, Message, Uint8Array.from([...bytes.subarray(0, a), ...put, ...bytes.subarray(b)]))
        }),
        { numRuns: runs },
      )
    })
  })

  describe('ownership', () => {
    test('keeps no view of the bytes that it decoded', () => {
      const codec = make()
      const Blob = t.struct('compliance/Blob', { blob: t.bytes, blobs: t.list(t.bytes), text: t.string })
      const value = { blob: Uint8Array.of(1, 2, 3), blobs: [new Uint8Array(100).fill(4)], text: 'text' }
      const bytes = codec.encode(Blob, value)
      const back = codec.decode(Blob, bytes)
      bytes.fill(0)
      expectSame(back, value)
    })

    test('keeps at most one view, of most of the bytes, if the caller allows it', () => {
      const codec = make()
      const Blob = t.struct('compliance/Blob', { blob: t.bytes, blobs: t.list(t.bytes), text: t.string })
      const blobs = [new Uint8Array(10).fill(4), new Uint8Array(50).fill(5)]
      for (const size of [1, 100, 10_000]) {
        const value = { blob: new Uint8Array(size).fill(3), blobs, text: 'text' }
        const bytes = codec.encode(Blob, value).slice()
        const back = codec.decode(Blob, bytes, { mayView: true })
        expectSame(back, value)
        const views = [back.blob, ...back.blobs].filter(({ buffer }) => buffer === bytes.buffer)
        expect(views.length).toBeLessThanOrEqual(1)
        for (const view of views) expect(view.length).toBeGreaterThan(bytes.length / 2)
      }
    })

    test('returns bytes that later messages do not change', () => {
      const codec = make()
      const blob = Uint8Array.of(1, 2, 3)
      const bytes = codec.encode(t.bytes, blob)
      const before = bytes.slice()
      blob.fill(9)
      for (let i = 0; i < 100; i++) codec.encode(t.string, 'x'.repeat(i))
      expectSame(bytes, before)
    })

    test('decodes a view of a larger buffer', () => {
      const codec = make()
      const bytes = codec.encode<unknown, unknown>(Message, example)
      for (const offset of [1, 2, 3, 5]) {
        const buffer = new Uint8Array(bytes.length + 16).fill(0xff)
        buffer.set(bytes, offset)
        expectSame(codec.decode(Message, buffer.subarray(offset, offset + bytes.length)), example)
      }
    })

    test('can be used while it encodes, and after an error', () => {
      const codec = make()
      const Pair = t.struct('compliance/Pair', { a: t.string, b: t.string })
      const inner = codec.encode(Pair, { a: '1', b: '2' })
      const value = {
        a: 'outer',
        get b() {
          expect(codec.encode(Pair, { a: '1', b: '2' })).toEqual(inner)
          expectRpcError(() => codec.encode(Pair, { a: '1', b: 2 as never }))
          return 'b'
        },
      }
      expectSame(roundTrip(codec, Pair, value), { a: 'outer', b: 'b' })
    })
  })

  describe('random schemas', () => {
    const message = arbitrarySchema({ without: options.without })
      .chain((type) => arbitraryValue(type).map((value) => ({ type, value })))
      .map((found) => ({
        ...found,
        [fc.toStringMethod]: () => `${schemaText(found.type)} = ${fc.stringify(found.value)}`,
      }))

    test('carries any value of any schema', () => {
      fc.assert(
        fc.property(message, ({ type, value }) => {
          expectSame(roundTrip(make(), type, value), value)
        }),
        { numRuns: runs },
      )
    })

    test('survives flipped bytes in any message', () => {
      fc.assert(
        fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ type, value }, at, mask) => {
          const codec = make()
          const bytes = codec.encode<unknown, unknown>(type, value)
          const index = at % bytes.length
          bytes[index] = (bytes[index] ?? 0) ^ mask
          expectValueOrError(codec, type, bytes)
        }),
        { numRuns: runs },
      )
    })
  })
}

/** Fails the test unless `decode` returns a complete value of the type, or throws an error that the contract allows. */
function expectValueOrError(codec: Codec, type: Type, bytes: Uint8Array): void {
  const before = bytes.slice()
  let value: unknown
  try {
    value = codec.decode(type, bytes)
  } catch (error) {
    expectRpcError(
      () => {
        throw error
      },
      StatusCode.DATA_LOSS,
      StatusCode.CONTRACT_VIOLATION,
      StatusCode.RESOURCE_EXHAUSTED,
    )
    return
  } finally {
    expectSame(bytes, before)
  }
  expectSame(check(type, value), value)
}
