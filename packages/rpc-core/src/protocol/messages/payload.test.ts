import { describe, expect, it } from 'vitest'
import { type Codec, SerializationMode } from '../../codec.ts'
import type { Compression } from '../../compression.ts'
import * as t from '../../schema/t.ts'
import { StatusCode } from '../../status-code.ts'
import { FrameFlag } from '../frames/frame.ts'
import { LIMITS } from '../../limits.ts'
import { decodeMessage, encodeMessage } from './payload.ts'

/** Encodes bytes as themselves. */
const codec = {
  mode: SerializationMode.JSON,
  encode: (_: unknown, value: Uint8Array) => value,
  decode: (_: unknown, bytes: Uint8Array) => bytes,
} as unknown as Codec

/** Compresses a run of zeros to its length. */
const compression: Compression = {
  compress: (bytes) =>
    bytes.every((byte) => byte === 0)
      ? new Uint8Array(new Uint32Array([bytes.length]).buffer)
      : new Uint8Array(bytes.length + 1),
  decompress(bytes, maxBytes) {
    expect(maxBytes).toBe(LIMITS.decompressed)
    return new Uint8Array(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true))
  },
}

describe('messages in frames', () => {
  it('are compressed above the limit if that makes them smaller', () => {
    const flags = (payload: Uint8Array, format = { codec, compression }): number =>
      encodeMessage(format, t.bytes, payload).flags
    expect(flags(new Uint8Array(LIMITS.compressAbove))).toBe(0)
    expect(flags(new Uint8Array(LIMITS.compressAbove + 1))).toBe(FrameFlag.COMPRESSED)
    expect(flags(new Uint8Array(LIMITS.compressAbove + 1).fill(1))).toBe(0)
    expect(encodeMessage({ codec }, t.bytes, new Uint8Array(LIMITS.compressAbove + 1)).flags).toBe(0)
  })

  it('are compressed above the limit of the format, if it has one', () => {
    const flags = (length: number): number =>
      encodeMessage({ codec, compression, compressAbove: 10 }, t.bytes, new Uint8Array(length)).flags
    expect([flags(10), flags(11), flags(LIMITS.compressAbove + 1)]).toEqual([
      0,
      FrameFlag.COMPRESSED,
      FrameFlag.COMPRESSED,
    ])
  })

  it('are not compressed if a sample does not become smaller', () => {
    const compressed: number[] = []
    const counting: Compression = {
      ...compression,
      compress(bytes) {
        compressed.push(bytes.length)
        return compression.compress(bytes)
      },
    }
    const flags = (payload: Uint8Array): number =>
      encodeMessage({ codec, compression: counting }, t.bytes, payload).flags
    expect(flags(new Uint8Array(1_000_000).fill(1))).toBe(0)
    expect(compressed).toEqual([4_096])
    expect(flags(new Uint8Array(1_000_000))).toBe(FrameFlag.COMPRESSED)
    expect(compressed).toEqual([4_096, 4_096, 1_000_000])
    // The sample covers all parts of the message.
    const end = new Uint8Array(1_000_000)
    end[999_999] = 1
    expect(flags(end)).toBe(0)
    expect(compressed).toHaveLength(4)
    expect(flags(new Uint8Array(32_768).fill(1))).toBe(0)
    expect(compressed.at(-1)).toBe(32_768)
  })

  it('are decoded to what was encoded', () => {
    for (const length of [1, 5000, LIMITS.decompressed]) {
      const frame = encodeMessage({ codec, compression }, t.bytes, new Uint8Array(length))
      expect(decodeMessage({ codec, compression }, t.bytes, frame)).toHaveLength(length)
    }
  })

  it('are rejected if the peer could not read them', () => {
    expect(() => encodeMessage({ codec, compression }, t.bytes, new Uint8Array(LIMITS.decompressed + 1))).toThrow(
      expect.objectContaining({ code: StatusCode.RESOURCE_EXHAUSTED }),
    )
    // The message fits if it is compressed; uncompressed it leaves no room for the flags byte.
    expect(() => encodeMessage({ codec }, t.bytes, new Uint8Array(LIMITS.frameLength))).toThrow(
      expect.objectContaining({ code: StatusCode.RESOURCE_EXHAUSTED }),
    )
    expect(encodeMessage({ codec }, t.bytes, new Uint8Array(LIMITS.frameLength - 1)).payload).toHaveLength(
      LIMITS.frameLength - 1,
    )
  })

  it('are rejected if they are compressed and the format has no compression', () => {
    expect(() =>
      decodeMessage({ codec }, t.bytes, { flags: FrameFlag.COMPRESSED, payload: new Uint8Array(4) }),
    ).toThrow(expect.objectContaining({ code: StatusCode.UNIMPLEMENTED }))
  })
})
