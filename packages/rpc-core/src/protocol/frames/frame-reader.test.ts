import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { encodeFrames, type Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { LIMITS } from '../../limits.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Payloads are copied: they may be views of what was pushed. */
function readAll(reader: FrameReader): Frame[] {
  const frames: Frame[] = []
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    frames.push({ flags: frame.flags, payload: frame.payload.slice() })
  }
  return frames
}

const header = (length: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, length, true)
  return bytes
}

const frames = fc.array(fc.record({ flags: fc.nat(255), payload: fc.uint8Array({ minLength: 1, maxLength: 40 }) }), {
  maxLength: 10,
})

describe('FrameReader', () => {
  it('returns the same frames for any split of the bytes', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(20), { maxLength: 100 }), (frames, lengths) => {
        const bytes = encodeFrames(...frames)
        const reader = new FrameReader()
        const found: Frame[] = []
        let at = 0
        for (const length of [...lengths, bytes.length]) {
          reader.push(bytes.slice(at, at + length))
          at += length
          found.push(...readAll(reader))
        }
        expect(found).toEqual(frames)
        expect(reader.buffered).toBe(0)
        reader.end()
      }),
      { numRuns: 500 },
    )
  })

  it('returns the same frames if all pieces arrive before the first read', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 7 }), (frames, length) => {
        const bytes = encodeFrames(...frames)
        const reader = new FrameReader()
        for (let at = 0; at < bytes.length; at += length) reader.push(bytes.slice(at, at + length))
        expect(readAll(reader)).toEqual(frames)
      }),
    )
  })

  it('fails only if the end is within a frame', () => {
    const bytes = encodeFrames({ flags: 4, payload: Uint8Array.of(1, 2, 3) }, { flags: 0, payload: Uint8Array.of(4) })
    const clean = new Set([0, 8, bytes.length])
    for (let length = 0; length <= bytes.length; length++) {
      const reader = new FrameReader()
      reader.push(bytes.slice(0, length))
      readAll(reader)
      if (clean.has(length)) reader.end()
      else
        expect(() => reader.end()).toThrow(
          expect.objectContaining({
            code: StatusCode.DATA_LOSS,
            message: expect.stringContaining('middle of a frame'),
          }),
        )
    }
  })

  it('refuses a length of 0, and a length over the limit as soon as it has arrived', () => {
    const zero = new FrameReader()
    zero.push(header(0))
    const refused = expect.objectContaining({ code: StatusCode.DATA_LOSS })
    expect(() => zero.next()).toThrow(refused)
    // The error is permanent.
    expect(() => zero.next()).toThrow(refused)
    for (const length of [LIMITS.frameLength + 1, 2 ** 31, 2 ** 32 - 1]) {
      const reader = new FrameReader()
      reader.push(header(length))
      expect(() => reader.next()).toThrow(
        expect.objectContaining({
          code: StatusCode.RESOURCE_EXHAUSTED,
          message: `a frame of length ${length} arrived: the limit is ${LIMITS.frameLength}`,
        }),
      )
    }
  })

  it('accepts a frame as long as the limit', () => {
    const reader = new FrameReader({ messageLimit: 3 })
    reader.push(encodeFrames({ flags: 0, payload: new Uint8Array(3) }))
    expect(reader.next()?.payload).toHaveLength(3)
    reader.push(encodeFrames({ flags: 0, payload: new Uint8Array(4) }))
    expect(() => reader.next()).toThrow(RpcError)
  })

  it('holds the arrived bytes, and allocates nothing for an announced length', () => {
    const readers = Array.from({ length: 100 }, () => new FrameReader())
    const before = process.memoryUsage().arrayBuffers
    for (const reader of readers) {
      reader.push(header(LIMITS.frameLength))
      expect(reader.next()).toBeUndefined()
      reader.push(new Uint8Array(1000))
      expect(reader.next()).toBeUndefined()
      expect(reader.buffered).toBe(1004)
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 2 ** 20)
  })

  it('returns memory for the rest of a frame, never more than twice the arrived bytes', () => {
    const sizes = fc.record({
      size: fc.integer({ min: 1, max: 400_000 }),
      lengths: fc.array(fc.nat(100_000), { maxLength: 20 }),
    })
    fc.assert(
      fc.property(sizes, ({ size, lengths }) => {
        const payload = Uint8Array.from({ length: size }, (_, i) => (i * 31) ^ (i >> 8))
        const bytes = encodeFrames({ flags: 0, payload }, { flags: 1, payload: Uint8Array.of(1) })
        const reader = new FrameReader()
        const found: Frame[] = []
        let at = 0
        for (const length of [5, ...lengths, ...Array<number>(20).fill(400_000)]) {
          const room = reader.room()
          if (room !== undefined) {
            // The memory is in the frame or in a block. Neither is larger than the arrived bytes.
            if (room.length > Math.max(8_192, at * 2)) expect.fail(`${room.length} bytes for ${at}`)
            const part = bytes.subarray(at, Math.min(at + Math.max(1, length), at + room.length))
            room.set(part)
            reader.advance(part.length)
            at += part.length
          } else {
            reader.push(bytes.slice(at, at + length))
            at = Math.min(at + length, bytes.length)
          }
          found.push(...readAll(reader))
        }
        expect(found).toHaveLength(2)
        expect(Buffer.compare(found[0]?.payload ?? new Uint8Array(), payload)).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  it('returns whole frames, whatever a transport tells about the bytes that wait', () => {
    const waiting = fc.oneof(
      fc.integer({ min: -300_000, max: 300_000 }),
      fc.constantFrom(undefined, Number.NaN, Infinity, -Infinity, 0.5),
    )
    const sizes = fc.record({
      size: fc.integer({ min: 1, max: 400_000 }),
      reads: fc.array(fc.record({ length: fc.nat(50_000), waiting }), { maxLength: 60 }),
    })
    fc.assert(
      fc.property(sizes, ({ size, reads }) => {
        const payload = Uint8Array.from({ length: size }, (_, i) => (i * 31) ^ (i >> 8))
        const bytes = encodeFrames({ flags: 0, payload })
        const reader = new FrameReader()
        const found: Frame[] = []
        let at = 0
        for (const { length, waiting } of [
          ...reads,
          ...Array<(typeof reads)[0]>(200).fill({ length: 400_000, waiting: -size }),
        ]) {
          reader.waiting = waiting
          const room = reader.room()
          const part = bytes.subarray(at, at + Math.min(Math.max(1, length), room?.length ?? 5))
          if (room === undefined) reader.push(part.slice())
          else {
            room.set(part)
            reader.advance(part.length)
          }
          at += part.length
          found.push(...readAll(reader))
          if (at === bytes.length) break
        }
        expect(found).toHaveLength(1)
        expect(Buffer.compare(found[0]?.payload ?? new Uint8Array(), payload)).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  it('returns a long frame in memory of its own, and reuses its blocks', () => {
    const reader = new FrameReader()
    const read = (size: number, byte: number): Uint8Array => {
      const bytes = encodeFrames({ flags: 0, payload: new Uint8Array(size).fill(byte) })
      for (let at = 0; at < bytes.length; at += 10_000) {
        reader.push(bytes.slice(at, at + 10_000))
        if (at + 10_000 < bytes.length) expect(reader.next()).toBeUndefined()
      }
      return reader.next()?.payload ?? expect.fail()
    }
    const payloads = [1, 2, 3].map((byte) => read(1_000_000, byte))
    for (const [i, payload] of payloads.entries()) {
      expect(payload.buffer.byteLength).toBe(1_000_005)
      expect(payload.every((byte) => byte === i + 1)).toBe(true)
    }
  })

  it('retains no bytes that it has returned in frames', async () => {
    const reader = new FrameReader()
    const read = (): WeakRef<ArrayBufferLike> => {
      const chunk = encodeFrames(
        { flags: 0, payload: new Uint8Array(2_000) },
        { flags: 0, payload: new Uint8Array(3_000) },
      )
      reader.push(chunk)
      expect(readAll(reader)).toHaveLength(2)
      return new WeakRef(chunk.buffer)
    }
    const buffer = read()
    await vi.waitFor(() => {
      collect()
      expect(buffer.deref() === undefined).toBe(true)
    })
    expect(reader.buffered).toBe(0)
  })

  it('joins a frame of 16 MiB out of small pieces once', () => {
    const payload = Uint8Array.from({ length: LIMITS.frameLength - 1 }, (_, i) => i)
    const bytes = encodeFrames({ flags: 1, payload })
    const reader = new FrameReader()
    const copy = vi.spyOn(Uint8Array.prototype, 'set')
    try {
      for (let at = 0; at < bytes.length; at += 1024) {
        reader.push(bytes.subarray(at, at + 1024))
        if (at + 1024 < bytes.length) expect(reader.next()).toBeUndefined()
      }
      expect(reader.next()?.payload.every((byte, i) => byte === payload[i])).toBe(true)
      const copied = copy.mock.calls.reduce((sum, [source]) => sum + source.length, 0)
      expect(copied).toBeLessThanOrEqual(bytes.length * 2)
    } finally {
      copy.mockRestore()
    }
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (pieces) => {
        const reader = new FrameReader({ messageLimit: 1000 })
        try {
          for (const piece of pieces) {
            reader.push(piece)
            readAll(reader)
          }
          reader.end()
        } catch (error) {
          if (!(error instanceof RpcError)) throw error
        }
      }),
      { numRuns: 1000 },
    )
  })
})
