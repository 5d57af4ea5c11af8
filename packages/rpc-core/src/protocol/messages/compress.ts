import type { Compression } from '../../compression.ts'

/** A payload of more bytes is probed before it is compressed. */
const PROBED = 32_768
/** The sample: so many parts of the payload, of so many bytes each. */
const PARTS = 4
const PART_BYTES = 1_024
/** A payload is not compressed if more than this share of its sample is left. */
const WORTHWHILE = 15 / 16

const sample = new Uint8Array(PARTS * PART_BYTES)

/** Returns a payload compressed, or `undefined` if that does not make it smaller. */
export function compress(compression: Compression, payload: Uint8Array): Uint8Array | undefined {
  if (payload.length > PROBED && !isCompressible(compression, payload)) return undefined
  const smaller = compression.compress(payload)
  return smaller.length < payload.length ? smaller : undefined
}

/**
 * Whether a sample of a payload becomes smaller: images, archives and the like do not, and compressing them in vain takes as
 * much time as sending them.
 */
function isCompressible(compression: Compression, payload: Uint8Array): boolean {
  const step = Math.floor((payload.length - PART_BYTES) / (PARTS - 1))
  for (let i = 0; i < PARTS; i++) sample.set(payload.subarray(i * step, i * step + PART_BYTES), i * PART_BYTES)
  return compression.compress(sample).length <= sample.length * WORTHWHILE
}
