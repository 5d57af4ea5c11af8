import type { Faults } from './faults.ts'

export interface MemoryOptions {
  /** Bytes that each direction of a stream holds before `write` waits. @default 65536 */
  readonly highWaterMark?: number
  /** Streams that a side may have open at the other. @default 100, as with iroh */
  readonly maxStreams?: number
  /** The most bytes that a `read` gives, or what decides it each time from what is there. @default all that is there */
  readonly chunkSize?: number | ((available: number) => number)
  /** What goes wrong. @default nothing */
  readonly faults?: Faults
}

export interface MemorySettings {
  readonly highWaterMark: number
  readonly maxStreams: number
  readonly chunkSize: (available: number) => number
  readonly faults: Faults
}

/** @throws TypeError for a number out of range */
export function resolveSettings(options: MemoryOptions): MemorySettings {
  const { highWaterMark = 65_536, maxStreams = 100, chunkSize = Infinity, faults = {} } = options
  assertAtLeast('highWaterMark', highWaterMark, 1)
  assertAtLeast('maxStreams', maxStreams, 0)
  if (typeof chunkSize === 'number') assertAtLeast('chunkSize', chunkSize, 1)
  return {
    highWaterMark,
    maxStreams,
    faults,
    chunkSize: typeof chunkSize === 'number' ? () => chunkSize : chunkSize,
  }
}

function assertAtLeast(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new TypeError(`MemoryOptions.${name} is ${value}; expected a number from ${least} on`)
}
