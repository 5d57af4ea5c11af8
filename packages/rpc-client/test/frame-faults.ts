import { FRAME_OVERHEAD } from '@aster/rpc-core/protocol'
import type { Fault, Faults } from '@aster/transport-memory'

/** A boundary between two frames of a write, at which a fault may happen. */
export interface Boundary {
  /** The frames of the write before the boundary. */
  readonly before: Uint8Array
  /** The frame after the boundary; `undefined` after the last frame. */
  readonly frame: Uint8Array | undefined
  /** The bytes of the write after `frame`. */
  readonly behind: Uint8Array
}

export type FaultAt = (boundary: Boundary) => Fault

/** The place of a fault: before frame number `index`, or after the last frame if there are `index` frames. */
export interface Strike {
  readonly direction: 'request' | 'response'
  readonly index: number
  /** Whether the place is after the last frame. */
  readonly isLast: boolean
  readonly fault: FaultAt
}

/** Counts the frames of a connection's first stream in each direction, and causes one fault. */
export class FrameFaults implements Faults {
  readonly count = { request: 0, response: 0 }
  struck = false
  readonly #strike: Strike | undefined

  constructor(strike?: Strike) {
    this.#strike = strike
  }

  onWrite(chunk: Uint8Array, { stream, byOpener }: { stream: number; byOpener: boolean }): Fault | undefined {
    if (stream !== 0) return undefined
    const direction = byOpener ? 'request' : 'response'
    const frames = framesOf(chunk)
    const first = this.count[direction]
    this.count[direction] += frames.length
    const strike = this.#strike
    if (this.struck || strike?.direction !== direction) return undefined
    const at = strike.index - first
    if (at < 0 || at > frames.length) return undefined
    // A fault between two writes strikes the later write, except after the last frame.
    if (at === frames.length && !strike.isLast) return undefined
    this.struck = true
    return strike.fault({ before: join(frames.slice(0, at)), frame: frames[at], behind: join(frames.slice(at + 1)) })
  }
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function framesOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + FRAME_OVERHEAD - 1 + view.getUint32(at, true)
    frames.push(bytes.subarray(at, end))
    at = end
  }
  return frames
}
