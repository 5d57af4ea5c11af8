import type { Faults } from './faults.ts'

/** Options of a connection or a network in memory. */
export interface MemoryOptions {
  /** The number of bytes that each direction of a stream holds before `write` waits. @default 65536 */
  readonly highWaterMark?: number
  /** The most streams that one side may have open at the other. @default 100, as with iroh */
  readonly maxStreams?: number
  /** The most bytes that one `read` returns, or a function of the number of bytes that have arrived. @default all of them */
  readonly chunkSize?: number | ((available: number) => number)
  /** The faults that are injected. @default none */
  readonly faults?: Faults
}

/** `MemoryOptions` with the defaults filled in. */
export interface MemorySettings {
  readonly highWaterMark: number
  readonly maxStreams: number
  readonly chunkSize: (available: number) => number
  readonly faults: Faults
}

/** Checks the options and fills in the defaults. @throws TypeError for a number out of range */
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
  if (!(value >= least)) throw new TypeError(`MemoryOptions.${name}: expected a number from ${least}, found ${value}`)
}
