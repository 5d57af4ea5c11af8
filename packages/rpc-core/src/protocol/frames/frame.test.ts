import { describe, expect, it } from 'vitest'
import { StatusCode } from '../../status-code.ts'
import { encodeFrames, FrameFlag } from './frame.ts'
import { LIMITS } from '../../limits.ts'

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')

describe('encodeFrames', () => {
  it('writes length, flags and payload of each frame in turn', () => {
    expect(
      hex(
        encodeFrames(
          { flags: FrameFlag.HEADER, payload: Uint8Array.of(0xaa) },
          { flags: 0, payload: Uint8Array.of(1, 2, 3) },
        ),
      ),
    ).toBe('02 00 00 00 04 aa 04 00 00 00 00 01 02 03')
    expect(hex(encodeFrames())).toBe('')
    expect(hex(encodeFrames({ flags: 0, payload: new Uint8Array(0x01_02_03) }).subarray(0, 5))).toBe('04 02 01 00 00')
  })

  it('writes an empty payload for TRAILER and CANCEL only', () => {
    const empty = new Uint8Array(0)
    expect(hex(encodeFrames({ flags: FrameFlag.CANCEL, payload: empty }))).toBe('01 00 00 00 20')
    expect(hex(encodeFrames({ flags: FrameFlag.TRAILER, payload: empty }))).toBe('01 00 00 00 02')
    for (const flags of [0, FrameFlag.HEADER, FrameFlag.CALL, FrameFlag.COMPRESSED]) {
      expect(() => encodeFrames({ flags, payload: empty })).toThrow(
        expect.objectContaining({ code: StatusCode.INTERNAL }),
      )
    }
  })

  it('refuses a payload over the limit', () => {
    expect(encodeFrames({ flags: 0, payload: new Uint8Array(LIMITS.frameLength - 1) })).toHaveLength(
      LIMITS.frameLength + 4,
    )
    expect(() => encodeFrames({ flags: 0, payload: new Uint8Array(LIMITS.frameLength) })).toThrow(
      expect.objectContaining({
        code: StatusCode.RESOURCE_EXHAUSTED,
        message: 'a message of 16777216 bytes does not fit a frame: at most 16777215 bytes',
      }),
    )
  })
})
