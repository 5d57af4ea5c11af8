import { randomFillSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Compression } from '../../compression.ts'
import { compress } from './compress.ts'

/** Returns a compression that halves everything, and the lengths of what it compressed. */
function halving(): { compression: Compression; lengths: number[] } {
  const lengths: number[] = []
  const compression = {
    compress(bytes: Uint8Array) {
      lengths.push(bytes.length)
      return bytes.slice(bytes.length >> 1)
    },
    decompress: (bytes: Uint8Array) => bytes,
  }
  return { compression, lengths }
}

const lengthsOf = (payload: Uint8Array): number[] => {
  const { compression, lengths } = halving()
  compress(compression, payload)
  return lengths
}

describe('compressing a payload', () => {
  it('is not tried if its bytes are as even as random ones', () => {
    for (const length of [4_096, 5_000, 65_537, 1_000_000])
      for (let i = 0; i < 20; i++) expect(lengthsOf(randomFillSync(new Uint8Array(length)))).toEqual([])
  })

  it('is tried if its bytes are uneven, or more even than random ones', () => {
    const text = Uint8Array.from({ length: 20_000 }, (_, i) => 32 + ((i * i) % 64))
    const ramp = Uint8Array.from({ length: 20_000 }, (_, i) => i)
    const block = randomFillSync(new Uint8Array(64))
    const repeated = Uint8Array.from({ length: 20_000 }, (_, i) => block[i % 64] as number)
    // One byte in 16 is zero, as in numbers.
    const numbers = randomFillSync(new Uint8Array(20_000)).map((byte, i) => (i % 16 === 0 ? 0 : byte))
    for (const payload of [text, ramp, repeated, numbers]) expect(lengthsOf(payload)).toEqual([20_000])
  })

  it('is tried on a sample first if the payload is long, and on no sample if it is short', () => {
    expect(lengthsOf(new Uint8Array(100_000))).toEqual([4_096, 100_000])
    expect(lengthsOf(randomFillSync(new Uint8Array(4_095)))).toEqual([4_095])
  })
})
