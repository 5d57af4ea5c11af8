import { allocate } from '../../values/allocate.ts'

/** A piece that is shorter costs less than to keep it. */
const LEAST_BYTES = 16_384
/** The longest piece. */
export const MAX_PIECE_BYTES = 131_072
/** Pieces that are kept for other writes. */
const MAX_SPARE = 8

/** Memory for pieces that no write uses. */
const spare: Uint8Array[] = []
/** All memory for pieces. Other bytes that are written belong to somebody else. */
const own = new WeakSet<ArrayBufferLike>()

/**
 * Returns memory for the bytes of one write, of any content: a transport has its own copy of what was written, so the same
 * memory serves the writes of all streams.
 */
export function takePiece(size: number): Uint8Array {
  if (size < LEAST_BYTES || size > MAX_PIECE_BYTES) return allocate(size)
  const bytes = spare.pop() ?? allocate(MAX_PIECE_BYTES)
  own.add(bytes.buffer)
  return bytes.subarray(0, size)
}

/** Gives the memory of a piece back once the transport has taken its bytes. Does nothing for other bytes. */
export function returnPiece({ buffer }: Uint8Array): void {
  if (spare.length < MAX_SPARE && own.delete(buffer)) spare.push(new Uint8Array(buffer))
}
