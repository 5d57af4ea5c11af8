import type { Compression } from '../../compression.ts'

/** The largest payload that is compressed without probing a sample first, in bytes. */
const PROBED = 32_768
/** The number of parts of a payload that form its sample. */
const PARTS = 4
/** The size of one part, in bytes. */
const PART_BYTES = 1_024
/** If more than this share of its sample remains after compression, a payload is sent uncompressed. */
const WORTHWHILE = 15 / 16

const sample = new Uint8Array(PARTS * PART_BYTES)

/** Returns the compressed payload, or `undefined` if compression would not make it smaller. */
export function compress(compression: Compression, payload: Uint8Array): Uint8Array | undefined {
  if (payload.length > PROBED && !isCompressible(compression, payload)) return undefined
  const smaller = compression.compress(payload)
  return smaller.length < payload.length ? smaller : undefined
}

/**
 * Returns whether compression makes a sample of a payload smaller. It does not for images or archives, and to try it on the
 * whole payload would take as long as sending the payload.
 */
function isCompressible(compression: Compression, payload: Uint8Array): boolean {
  const step = Math.floor((payload.length - PART_BYTES) / (PARTS - 1))
  for (let i = 0; i < PARTS; i++) sample.set(payload.subarray(i * step, i * step + PART_BYTES), i * PART_BYTES)
  return compression.compress(sample).length <= sample.length * WORTHWHILE
}
