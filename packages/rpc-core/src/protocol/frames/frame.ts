import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { LIMITS } from '../../limits.ts'
import { allocate } from '../../values/allocate.ts'

/** The bits of a frame's flags byte. Data frames have no bit, or `COMPRESSED`. */
export const FrameFlag = {
  COMPRESSED: 0x01,
  TRAILER: 0x02,
  HEADER: 0x04,
  ROW_SCHEMA: 0x08,
  CALL: 0x10,
  CANCEL: 0x20,
} as const

/**
 * A frame: its length as a little-endian `u32`, the flags as a `u8`, and the payload. The length counts the flags byte and
 * the payload.
 */
export interface Frame {
  /** The bits of `FrameFlag`. */
  readonly flags: number
  /** The payload. It may be a view of the transport's bytes: copy it if it must outlive the next read. */
  readonly payload: Uint8Array
}

/** The size of the length field and the flags byte, in bytes. */
export const FRAME_OVERHEAD = 5
const EMPTY_PAYLOAD_FLAGS = FrameFlag.TRAILER | FrameFlag.CANCEL

/**
 * Returns frames as one byte array.
 *
 * @throws RpcError `RESOURCE_EXHAUSTED` if a payload exceeds the limit
 */
export function encodeFrames(...frames: readonly Frame[]): Uint8Array {
  return encodeStart(frames, allocate(countBytes(frames)))
}

/**
 * Returns the size of encoded frames, in bytes.
 *
 * @throws RpcError `RESOURCE_EXHAUSTED` if a payload exceeds the limit
 */
export function countBytes(frames: readonly Frame[]): number {
  let total = 0
  for (const { flags, payload } of frames) {
    if (payload.length >= LIMITS.frameLength) {
      throw new RpcError(
        StatusCode.RESOURCE_EXHAUSTED,
        `a message of ${payload.length} bytes does not fit a frame: at most ${LIMITS.frameLength - 1} bytes`,
      )
    }
    if (payload.length === 0 && (flags & EMPTY_PAYLOAD_FLAGS) === 0) {
      throw new RpcError(StatusCode.INTERNAL, 'a frame without payload is legal only as TRAILER or CANCEL')
    }
    total += FRAME_OVERHEAD + payload.length
  }
  return total
}

/**
 * Fills `bytes` with the beginning of frames: everything before the last payload, and as much of that payload as fits.
 * Returns `bytes`.
 */
export function encodeStart(frames: readonly Frame[], bytes: Uint8Array): Uint8Array {
  const size = bytes.length
  let at = 0
  for (const { flags, payload } of frames) {
    encodeFrameStart(bytes, at, flags, payload.length)
    at += FRAME_OVERHEAD
    const left = size - at
    bytes.set(payload.length <= left ? payload : payload.subarray(0, left), at)
    at += payload.length
  }
  return bytes
}

/** Writes the length and the flags of a frame whose payload has `size` bytes. */
export function encodeFrameStart(bytes: Uint8Array, at: number, flags: number, size: number): void {
  const length = size + 1
  bytes[at] = length
  bytes[at + 1] = length >>> 8
  bytes[at + 2] = length >>> 16
  bytes[at + 3] = length >>> 24
  bytes[at + 4] = flags
}
