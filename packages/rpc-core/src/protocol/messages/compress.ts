import type { Compression } from '../../compression.ts'

/** The largest payload that is compressed without compressing a sample first, in bytes. */
const PROBED = 32_768
/** The number of parts of a payload that form its sample. */
const PARTS = 4
/** The size of one part, in bytes. */
const PART_BYTES = 1_024
/** If more than this share of its sample remains after compression, a payload is sent uncompressed. */
const WORTHWHILE = 15 / 16

const SAMPLE_BYTES = PARTS * PART_BYTES
/**
 * The bounds of the sum of the squares of the counts of each byte in a sample of random bytes: the expected sum, and six
 * standard deviations of it on each side.
 */
const LEAST_RANDOM = SAMPLE_BYTES ** 2 / 256 + (SAMPLE_BYTES / 256) * (255 - 6 * Math.sqrt(2 * 255))
const MOST_RANDOM = SAMPLE_BYTES ** 2 / 256 + (SAMPLE_BYTES / 256) * (255 + 6 * Math.sqrt(2 * 255))

const sample = new Uint8Array(SAMPLE_BYTES)
const counts = new Uint16Array(256)

/** Returns the compressed payload, or `undefined` if compression would not make it smaller. */
export function compress(compression: Compression, payload: Uint8Array): Uint8Array | undefined {
  if (payload.length >= SAMPLE_BYTES && isIncompressible(compression, payload)) return undefined
  const smaller = compression.compress(payload)
  return smaller.length < payload.length ? smaller : undefined
}

/**
 * Returns whether compression does not make a sample of a payload smaller, as with images or archives. To try it on the whole
 * payload would take as long as sending the payload.
 */
function isIncompressible(compression: Compression, payload: Uint8Array): boolean {
  takeSample(payload)
  if (looksRandom()) return true
  return payload.length > PROBED && compression.compress(sample).length > SAMPLE_BYTES * WORTHWHILE
}

function takeSample(payload: Uint8Array): void {
  const step = Math.floor((payload.length - PART_BYTES) / (PARTS - 1))
  for (let i = 0; i < PARTS; i++) sample.set(payload.subarray(i * step, i * step + PART_BYTES), i * PART_BYTES)
}

/**
 * Returns whether all bytes occur in the sample about as often as in random bytes, such as encrypted ones. This takes a fifth of
 * the time of compressing the sample.
 */
function looksRandom(): boolean {
  counts.fill(0)
  for (let i = 0; i < SAMPLE_BYTES; i++) {
    const byte = sample[i] as number
    counts[byte] = (counts[byte] as number) + 1
  }
  let sum = 0
  for (let i = 0; i < 256; i++) sum += (counts[i] as number) ** 2
  return sum > LEAST_RANDOM && sum < MOST_RANDOM
}
