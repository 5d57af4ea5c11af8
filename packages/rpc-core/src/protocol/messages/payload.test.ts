import { describe, expect, it } from 'vitest'
import { type Codec, SerializationMode } from '../../codec.ts'
import type { Compression } from '../../compression.ts'
import * as t from '../../schema/t.ts'
import { StatusCode } from '../../status-code.ts'
import { FrameFlag } from '../frames/frame.ts'
import { LIMITS } from '../../limits.ts'
import { decodeMessage, encodeMessage } from './payload.ts'

/** Bytes as they are. */
const codec = {
  mode: SerializationMode.JSON,
  encode: (_: unknown, value: Uint8Array) => value,
  decode: (_: unknown, bytes: Uint8Array) => bytes,
} as unknown as Codec

/** A run of zeros as its length. */
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
  it('are compressed above the limit, where that makes them smaller', () => {
    const flags = (payload: Uint8Array, format = { codec, compression }): number =>
      encodeMessage(format, t.bytes, payload).flags
    expect(flags(new Uint8Array(LIMITS.compressAbove))).toBe(0)
    expect(flags(new Uint8Array(LIMITS.compressAbove + 1))).toBe(FrameFlag.COMPRESSED)
    expect(flags(new Uint8Array(LIMITS.compressAbove + 1).fill(1))).toBe(0)
    expect(encodeMessage({ codec }, t.bytes, new Uint8Array(LIMITS.compressAbove + 1)).flags).toBe(0)
  })

  it('come back', () => {
    for (const length of [1, 5000, LIMITS.decompressed]) {
      const frame = encodeMessage({ codec, compression }, t.bytes, new Uint8Array(length))
      expect(decodeMessage({ codec, compression }, t.bytes, frame)).toHaveLength(length)
    }
  })

  it('are refused when the peer could not take them', () => {
    expect(() => encodeMessage({ codec, compression }, t.bytes, new Uint8Array(LIMITS.decompressed + 1))).toThrow(
      expect.objectContaining({ code: StatusCode.RESOURCE_EXHAUSTED }),
    )
    // It fits once it is compressed; as it is, there is no room for the flags byte.
    expect(() => encodeMessage({ codec }, t.bytes, new Uint8Array(LIMITS.frameLength))).toThrow(
      expect.objectContaining({ code: StatusCode.RESOURCE_EXHAUSTED }),
    )
    expect(encodeMessage({ codec }, t.bytes, new Uint8Array(LIMITS.frameLength - 1)).payload).toHaveLength(
      LIMITS.frameLength - 1,
    )
  })

  it('are refused when they are compressed and nothing decompresses', () => {
    expect(() =>
      decodeMessage({ codec }, t.bytes, { flags: FrameFlag.COMPRESSED, payload: new Uint8Array(4) }),
    ).toThrow(expect.objectContaining({ code: StatusCode.UNIMPLEMENTED }))
  })
})
