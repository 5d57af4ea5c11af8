import { FRAME_OVERHEAD } from '@aster/rpc-core/protocol'
import type { Fault, Faults } from '@aster/transport-memory'

/** What a fault may do at a boundary between frames. */
export interface Boundary {
  /** The frames of the write that come before it. */
  readonly before: Uint8Array
  /** The frame that follows; `undefined` behind the last one. */
  readonly frame: Uint8Array | undefined
  /** What the write holds behind that frame. */
  readonly behind: Uint8Array
}

export type FaultAt = (boundary: Boundary) => Fault

/** Where a fault strikes: before frame number `index`, or, where that is their number, behind the last. */
export interface Strike {
  readonly direction: 'request' | 'response'
  readonly index: number
  /** Whether that is behind the last frame. */
  readonly isLast: boolean
  readonly fault: FaultAt
}

/** Counts the frames of a connection's first stream in each direction, and lets one fault happen to them. */
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
    // Between two writes the later one is struck; behind the last there is none.
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
