import { allocate } from '../../values/allocate.ts'

/** The shortest piece that is reused, in bytes. A shorter one is cheaper to allocate. */
const LEAST_BYTES = 16_384
/** The longest piece of a write, in bytes. */
export const MAX_PIECE_BYTES = 131_072
/**
 * Memory for a piece is a power of two plus this many bytes: the bytes to write are often a power of two with a few bytes
 * around them.
 */
const AROUND = 8_192
/** The most pieces of each length that are kept for other writes. */
const MAX_SPARE = 8
/** Longer memory has the requested size, rounded up to a multiple of this, in bytes. */
const LONG_STEP = 65_536
/**
 * The most bytes of longer memory that are kept: enough to write a frame of the greatest length, and as much again to read
 * one.
 */
const MAX_SPARE_LONG = 2 * 16_842_752

interface LongMemory {
  readonly buffer: ArrayBufferLike
  /** Whether the memory was in use since the last collection. */
  isFresh: boolean
}

/**
 * Memory for pieces that is not in use, by its length: `LEAST_BYTES` plus `AROUND`, twice `LEAST_BYTES` plus `AROUND`, and
 * so on.
 */
const spare: ArrayBufferLike[][] = [[], [], [], []]
/**
 * Longer memory that is not in use. It is kept until a collection of the whole heap finds it unused since the previous one.
 * Allocating it anew each time would cause such a collection with every other message of 8 MiB.
 */
let spareLong: LongMemory[] = []
let isWatched = false
const collections = new FinalizationRegistry(dropStale)
/** All memory that is in use. Any other bytes that are written belong to somebody else. */
const own = new WeakSet<ArrayBufferLike>()

/**
 * Returns memory of arbitrary content. It is in use until it is returned by `returnPiece`, or until nothing refers to it.
 * It begins at the beginning of its buffer, and the rest of the buffer may be used as well.
 *
 * A transport copies the bytes that it takes, so the same memory serves the writes of all streams and the messages in them.
 */
export function takePiece(size: number): Uint8Array {
  if (size < LEAST_BYTES) return allocate(size)
  const buffer = size <= MAX_PIECE_BYTES ? takeShort(size) : (takeLong(size) ?? allocateLong(size))
  own.add(buffer)
  return new Uint8Array(buffer, 0, size)
}

/** Returns memory that is no longer needed. Does nothing for any other bytes. */
export function returnPiece({ buffer }: Uint8Array): void {
  const { byteLength } = buffer
  if (byteLength < LEAST_BYTES || !own.delete(buffer)) return
  if (byteLength > MAX_PIECE_BYTES + AROUND) {
    keepLong(buffer)
    return
  }
  const list = spare[lengthClass(byteLength)]
  if (list !== undefined && list.length < MAX_SPARE) list.push(buffer)
}

/** Returns whether bytes are in memory that was taken and not yet returned. */
export function isPiece({ buffer }: Uint8Array): boolean {
  return buffer.byteLength >= LEAST_BYTES && own.has(buffer)
}

function takeShort(size: number): ArrayBufferLike {
  const index = lengthClass(size)
  return spare[index]?.pop() ?? allocate(LEAST_BYTES * 2 ** index + AROUND).buffer
}

function lengthClass(size: number): number {
  return Math.max(0, Math.ceil(Math.log2((size - AROUND) / LEAST_BYTES)))
}

/** Returns memory that is long enough, but at most twice as long. */
function takeLong(size: number): ArrayBufferLike | undefined {
  const index = spareLong.findIndex(({ buffer: { byteLength } }) => byteLength >= size && byteLength <= size * 2)
  return index < 0 ? undefined : spareLong.splice(index, 1)[0]?.buffer
}

function allocateLong(size: number): ArrayBufferLike {
  return allocate(Math.ceil(size / LONG_STEP) * LONG_STEP).buffer
}

function keepLong(buffer: ArrayBufferLike): void {
  let bytes = buffer.byteLength
  for (const other of spareLong) bytes += other.buffer.byteLength
  if (bytes > MAX_SPARE_LONG) return
  spareLong.push({ buffer, isFresh: true })
  watchCollections()
}

/** Calls `dropStale` after the next collection of the whole heap. */
function watchCollections(): void {
  if (isWatched) return
  isWatched = true
  collections.register({}, undefined)
}

function dropStale(): void {
  isWatched = false
  spareLong = spareLong.filter(({ isFresh }) => isFresh)
  for (const long of spareLong) long.isFresh = false
  if (spareLong.length > 0) watchCollections()
}
