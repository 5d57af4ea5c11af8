import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hexOf } from '../../test/hex.ts'
import { ReadBuffer } from './read-buffer.ts'
import { WriteBuffer } from './write-buffer.ts'

type WideMethod = 'int64' | 'fixedInt64' | 'taggedInt64' | 'uint64' | 'fixedUint64' | 'taggedUint64'

function bytesBy(method: WideMethod | 'int', value: bigint | number): Uint8Array {
  const out = new WriteBuffer()
  out.start()
  out[method](value)
  return out.take()
}

function readBy(method: WideMethod | 'int', bytes: Uint8Array): bigint | number {
  const input = new ReadBuffer()
  input.start(bytes, undefined)
  const value = input[method]()
  expect(input.left).toBe(0)
  return value
}

/** Returns a varint of 7 bits a byte, whose ninth byte has 8 bits. */
function varint(value: bigint): string {
  const bytes: number[] = []
  let rest = value
  while (bytes.length < 8 && rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return hexOf(Uint8Array.from(bytes))
}

const edges = Array.from({ length: 65 }, (_, bits) => 1n << BigInt(bits)).flatMap((n) => [
  n - 1n,
  n,
  n + 1n,
  -n,
  -n - 1n,
  1n - n,
])
const signed = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(...edges.filter((n) => BigInt.asIntN(64, n) === n)),
)
const unsigned = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.constantFrom(...edges.filter((n) => BigInt.asUintN(64, n) === n)),
)
const runs = { numRuns: 2000 }

it('writes any int64 as a zigzag varint', () => {
  fc.assert(
    fc.property(signed, (value) => {
      const bytes = bytesBy('int64', value)
      expect(hexOf(bytes)).toBe(varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))))
      expect(readBy('int64', bytes)).toBe(value)
    }),
    runs,
  )
})

it('writes any safe integer as the same int64', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.maxSafeInteger(), fc.integer(), signed.map(Number).filter(Number.isSafeInteger)),
      (value) => {
        const bytes = bytesBy('int', value)
        expect(hexOf(bytes)).toBe(hexOf(bytesBy('int64', BigInt(value))))
        expect(readBy('int', bytes)).toBe(value + 0)
      },
    ),
    runs,
  )
})

it('writes any uint64 as a varint', () => {
  fc.assert(
    fc.property(unsigned, (value) => {
      expect(hexOf(bytesBy('uint64', value))).toBe(varint(value))
      expect(readBy('uint64', bytesBy('uint64', value))).toBe(value)
    }),
    runs,
  )
})

it('reads fixed and tagged integers as they were written', () => {
  fc.assert(
    fc.property(signed, unsigned, (int, uint) => {
      expect(readBy('fixedInt64', bytesBy('fixedInt64', int))).toBe(int)
      expect(readBy('taggedInt64', bytesBy('taggedInt64', int))).toBe(int)
      expect(readBy('fixedUint64', bytesBy('fixedUint64', uint))).toBe(uint)
      expect(readBy('taggedUint64', bytesBy('taggedUint64', uint))).toBe(uint)
      expect(bytesBy('fixedInt64', int)).toHaveLength(8)
      expect(bytesBy('taggedInt64', int)).toHaveLength(int >= -(2n ** 30n) && int < 2n ** 30n ? 4 : 9)
      expect(bytesBy('taggedUint64', uint)).toHaveLength(uint < 2n ** 31n ? 4 : 9)
    }),
    runs,
  )
})

it('reads a number beyond 2^53 as a bigint or not at all', () => {
  fc.assert(
    fc.property(signed, (value) => {
      const bytes = bytesBy('int64', value)
      const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      if (isSafe) expect(readBy('int', bytes)).toBe(Number(value))
      else expect(() => readBy('int', bytes)).toThrow('declare it t.int64')
    }),
    runs,
  )
})

it('accepts varints with padding', () => {
  expect(readBy('int64', Uint8Array.of(0x82, 0x80, 0x80, 0x80, 0))).toBe(1n)
  expect(readBy('uint64', Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0))).toBe(0n)
})
