import { allocate } from '../../values/allocate.ts'

/** A piece that is shorter costs less than to keep it. */
const LEAST_BYTES = 16_384
/** The longest piece of a write. */
export const MAX_PIECE_BYTES = 131_072
/** Memory for a piece is a power of two, and this much more: what is written is often a power of two with something around it. */
const AROUND = 8_192
/** Pieces of each length that are kept for other writes. */
const MAX_SPARE = 8
/** Longer memory is as long as what is asked for, rounded up to this. */
const LONG_STEP = 65_536
/** Longer memory that is kept, in bytes: what a frame of the greatest length needs to be written, and as much again to be read. */
const MAX_SPARE_LONG = 2 * 16_842_752

interface LongMemory {
  readonly buffer: ArrayBufferLike
  /** Whether it was in use since the last collection. */
  isFresh: boolean
}

/** Memory for pieces that nothing uses, by its length: `LEAST_BYTES` and `AROUND`, twice `LEAST_BYTES` and so on. */
const spare: ArrayBufferLike[][] = [[], [], [], []]
/**
 * Longer memory that nothing uses. It is kept until a collection of the whole heap that finds it unused since the one before:
 * always new memory would bring about such a collection with every other message of 8 MiB.
 */
let spareLong: LongMemory[] = []
let isWatched = false
const collections = new FinalizationRegistry(dropStale)
/** All memory that is in use. Other bytes that are written belong to somebody else. */
const own = new WeakSet<ArrayBufferLike>()

/**
 * Returns memory of any content, which is in use until it is given back, or no longer referred to. It begins where its buffer
 * does, and what its buffer has behind it may be used as well.
 *
 * A transport has its own copy of what was written, so the same memory serves the writes of all streams, and the messages that
 * are written.
 */
export function takePiece(size: number): Uint8Array {
  if (size < LEAST_BYTES) return allocate(size)
  const buffer = size <= MAX_PIECE_BYTES ? takeShort(size) : (takeLong(size) ?? allocateLong(size))
  own.add(buffer)
  return new Uint8Array(buffer, 0, size)
}

/** Gives memory back of which nothing is needed any more. Does nothing for other bytes. */
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

/** Returns whether bytes are in memory that was taken and not given back. */
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

/** Returns memory that is long enough, and not more than twice as long. */
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

/** Has `dropStale` called behind the next collection of the whole heap. */
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
