import { type Compression, RpcError, StatusCode } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectSame } from '../codec/same.ts'
import { foreignFrames, parseHex } from './foreign-frames.ts'

const LIMIT = LIMITS.decompressed
const BLOCK = 131_072

/**
 * Registers the vitest suite that every `Compression` must pass: it writes exactly one zstd frame with its content size, reads
 * frames of other libraries, survives any bytes, and never produces more output than allowed.
 */
export function compressionCompliance(name: string, make: () => Promise<Compression> | Compression): void {
  describe(`compression compliance: ${name}`, () => {
    let zstd: Compression
    beforeAll(async () => {
      zstd = await make()
    })

    /** Returns the output, or the code of the error; an error that the contract does not allow fails the test. */
    const outcome = (bytes: Uint8Array, maxBytes: number = LIMIT): Uint8Array | StatusCode => {
      try {
        return zstd.decompress(bytes, maxBytes)
      } catch (error) {
        if (!(error instanceof RpcError)) throw error
        expect([StatusCode.DATA_LOSS, StatusCode.RESOURCE_EXHAUSTED], error.message).toContain(error.code)
        return error.code
      }
    }

    it.each([0, 1, 255, 256, 4096, 65_535, 65_536, 65_792, BLOCK, BLOCK + 1, 1_000_000])(
      'restores %i bytes',
      (length) => {
        for (const bytes of [new Uint8Array(length), noise(length), repetitive(length)]) {
          expectSame(outcome(zstd.compress(bytes), length), bytes)
        }
      },
    )

    it('writes one frame with its content size, which Python needs', () => {
      for (const length of [0, 100, 300, 70_000, 1_000_000]) {
        expect(contentSize(zstd.compress(repetitive(length)))).toBe(length)
      }
    })

    it('shrinks compressible bytes', () => {
      expect(zstd.compress(new Uint8Array(1_000_000)).length).toBeLessThan(1000)
    })

    it('takes and returns views of larger buffers, and shares no memory', () => {
      const bytes = repetitive(1000)
      const buffer = new Uint8Array(1100)
      buffer.set(bytes, 51)
      const small = zstd.compress(buffer.subarray(51, 1051))
      buffer.fill(0)
      const back = zstd.decompress(small, LIMIT)
      small.fill(0)
      zstd.decompress(zstd.compress(noise(1000)), LIMIT)
      expectSame(back, bytes)
      expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype)
    })

    it.each(foreignFrames)('reads a frame of Python: $name', ({ hex, content }) => {
      expectSame(outcome(parseHex(hex), Math.max(content.length, 1)), content)
      expectSame(outcome(parseHex(hex)), content)
    })

    it.each(foreignFrames.filter(({ content }) => content.length > 0))(
      'stops at the limit: $name',
      ({ hex, content }) => {
        for (const limit of [0, 1, content.length - 1])
          expect(outcome(parseHex(hex), limit)).toBe(StatusCode.RESOURCE_EXHAUSTED)
      },
    )

    it('refuses a frame that claims more than is allowed, or than it can hold', () => {
      expect(outcome(frameClaiming(2n ** 60n))).toBe(StatusCode.RESOURCE_EXHAUSTED)
      expect(outcome(frameClaiming(2n ** 64n - 1n))).toBe(StatusCode.RESOURCE_EXHAUSTED)
      expect(outcome(frameClaiming(BigInt(LIMIT) + 1n))).toBe(StatusCode.RESOURCE_EXHAUSTED)
      expect(outcome(frameClaiming(BigInt(LIMIT)))).toBe(StatusCode.DATA_LOSS)
      expect(outcome(frameClaiming(5n))).toBe(StatusCode.DATA_LOSS)
      expectSame(outcome(frameClaiming(1n)), Uint8Array.of(0x61))
    })

    it('refuses a bomb of 1 GiB without inflating it', () => {
      const before = process.memoryUsage().rss
      for (let i = 0; i < 5; i++) expect(outcome(createBomb(8192))).toBe(StatusCode.RESOURCE_EXHAUSTED)
      expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20)
      expect(outcome(createBomb(LIMIT / BLOCK))).toHaveLength(LIMIT)
    })

    it('refuses bytes that are not exactly one frame', () => {
      const frame = zstd.compress(repetitive(1000))
      const skippable = parseHex('502a4d180300000001020300')
      for (const bytes of [
        new Uint8Array(0),
        parseHex('28b52ffd'),
        join(frame, Uint8Array.of(0)),
        join(frame, frame),
        join(skippable.subarray(0, 11), frame),
        join(frame, skippable),
        parseHex('1f8b0800000000000003'),
        parseHex('27b52ffd2000010000'),
        // A dictionary, a reserved bit, a reserved block type, a window of 2^41 bytes.
        parseHex('28b52ffd210700010000'),
        parseHex('28b52ffd2800010000'),
        parseHex('28b52ffd2000070000'),
        parseHex('28b52ffd00f8010000'),
      ]) {
        expect(outcome(bytes)).toBe(StatusCode.DATA_LOSS)
      }
    })

    it('refuses a frame that is cut short anywhere', () => {
      for (const frame of [...foreignFrames.map(({ hex }) => parseHex(hex)), zstd.compress(noise(300))]) {
        for (let length = 0; length < frame.length; length++) {
          expect(outcome(frame.subarray(0, length))).toBe(StatusCode.DATA_LOSS)
        }
      }
    })

    it('survives flipped bytes, and refuses them if the frame has a checksum', () => {
      for (const { hex, content, name } of foreignFrames) {
        const frame = parseHex(hex)
        for (let at = 0; at < frame.length; at++) {
          for (const mask of [0x01, 0x10, 0x80, 0xff]) {
            const broken = frame.slice()
            broken[at] = (broken[at] ?? 0) ^ mask
            const found = outcome(broken)
            if (name.includes('checksum') && typeof found !== 'number') expectSame(found, content)
          }
        }
      }
    })

    it('survives any bytes', () => {
      const magic = fc.constant([0x28, 0xb5, 0x2f, 0xfd])
      const tail = fc.uint8Array({ maxLength: 100 })
      fc.assert(
        fc.property(
          fc.oneof(
            tail,
            fc.tuple(magic, tail).map(([a, b]) => Uint8Array.from([...a, ...b])),
          ),
          (bytes) => {
            const found = outcome(bytes, 100_000)
            if (typeof found !== 'number') expect(found.length).toBeLessThanOrEqual(100_000)
          },
        ),
        { numRuns: 3000 },
      )
    })

    it('works as before after errors', () => {
      const bytes = repetitive(50_000)
      for (let i = 0; i < 5; i++) outcome(createBomb(200))
      for (let i = 0; i < 1000; i++) outcome(parseHex('28b52ffd2004210000616263'), 3)
      for (let i = 0; i < 1000; i++) outcome(parseHex('28b52ffd20041d0000616263'))
      expectSame(outcome(zstd.compress(bytes)), bytes)
    })
  })
}

/** Returns bytes that zstd cannot shrink, made by a 32-bit xorshift. */
function noise(length: number): Uint8Array {
  let state = 0x9e37_79b9
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}

function repetitive(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i % 1000) >> 2)
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Returns the content size in the header of a frame (RFC 8878, section 3.1.1.1); `undefined` if it has none. */
function contentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  const single = (view.getUint8(4) & 0x20) !== 0
  const at = single ? 5 : 6
  switch (view.getUint8(4) >> 6) {
    case 0:
      return single ? view.getUint8(at) : undefined
    case 1:
      return view.getUint16(at, true) + 256
    case 2:
      return view.getUint32(at, true)
    default:
      return Number(view.getBigUint64(at, true))
  }
}

/** Returns a frame of one raw block with the byte `a`, and any size in its header. */
function frameClaiming(size: bigint): Uint8Array {
  const bytes = parseHex('28b52ffdc0580000000000000000090000' + '61')
  new DataView(bytes.buffer).setBigUint64(6, size, true)
  return bytes
}

/** Returns a frame without a content size, of `blocks` blocks that hold 128 KiB in four bytes each. */
function createBomb(blocks: number): Uint8Array {
  const bytes = new Uint8Array(6 + 4 * blocks)
  bytes.set(parseHex('28b52ffd0058'))
  for (let i = 0; i < blocks; i++) {
    const header = (BLOCK << 3) | (1 << 1) | (i === blocks - 1 ? 1 : 0)
    bytes.set([header & 0xff, (header >> 8) & 0xff, header >> 16, 0], 6 + 4 * i)
  }
  return bytes
}
