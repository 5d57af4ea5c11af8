import { RpcError, StatusCode } from '@aster/rpc-core'

/** The facts in the headers of a zstd frame, which are read before anything is decompressed. */
export interface FrameInfo {
  readonly contentSize: number | undefined
  /** The most bytes that the blocks of the frame can hold. */
  readonly bound: number
}

const MAGIC = 0xfd2fb528
/** The most bytes of one block, by the format. */
const MAX_BLOCK = 131_072
/** The most bytes of a window, which is the limit of libzstd. With a larger one the engines would differ. */
const MAX_WINDOW = 2 ** 27
const RLE = 1
const COMPRESSED = 2

/**
 * Reads the headers of a frame and of its blocks (RFC 8878, section 3.1.1).
 *
 * @throws RpcError (`DATA_LOSS`) if `bytes` are not exactly one frame, or if the frame needs a dictionary
 */
export function readFrame(bytes: Uint8Array): FrameInfo {
  const { view, at, window, contentSize, checksum } = readHeader(bytes)
  const { end, bound } = readBlocks(view, at, Math.min(window, MAX_BLOCK))
  const left = bytes.length - end - (checksum ? 4 : 0)
  if (left < 0) throwBroken('the checksum is cut short')
  if (left > 0) throwBroken(`${left} bytes lie behind the frame`)
  return { contentSize, bound }
}

/** Returns the content size in the header of a frame, or `undefined` if there is no content size or the frame is broken. */
export function readContentSize(bytes: Uint8Array): number | undefined {
  try {
    return readHeader(bytes).contentSize
  } catch {
    return undefined
  }
}

interface FrameHeader {
  readonly view: DataView
  /** The offset of the first block. */
  readonly at: number
  readonly window: number
  readonly contentSize: number | undefined
  readonly checksum: boolean
}

function readHeader(bytes: Uint8Array): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 6) throwBroken('the frame header is cut short')
  if (view.getUint32(0, true) !== MAGIC) throwBroken('expected a zstd frame, found other bytes')
  const descriptor = view.getUint8(4)
  const sizeFlag = descriptor >> 6
  const singleSegment = (descriptor & 0x20) !== 0
  const checksum = (descriptor & 0x04) !== 0
  if ((descriptor & 0x08) !== 0) throwBroken('the frame header has a reserved bit set')
  if ((descriptor & 0x03) !== 0) throwBroken('the frame needs a dictionary')

  let at = 5
  let window = 0
  if (!singleSegment) {
    const byte = view.getUint8(at++)
    window = 2 ** (10 + (byte >> 3)) * (1 + (byte & 7) / 8)
  }
  const sizeLength = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 2 ** sizeFlag
  if (bytes.length < at + sizeLength) throwBroken('the frame header is cut short')
  const contentSize = readSize(view, at, sizeLength)
  at += sizeLength
  if (singleSegment) window = contentSize ?? 0
  else if (window > MAX_WINDOW)
    throwBroken(`the frame needs a window of ${window} bytes, at most ${MAX_WINDOW} are allowed`)
  return { view, at, window, contentSize, checksum }
}

function readSize(view: DataView, at: number, length: number): number | undefined {
  switch (length) {
    case 1:
      return view.getUint8(at)
    case 2:
      return view.getUint16(at, true) + 256
    case 4:
      return view.getUint32(at, true)
    case 8:
      return Number(view.getBigUint64(at, true))
    default:
      return undefined
  }
}

/** Reads the header of each block: 24 bits, of which 1 marks the last block, 2 are the type and 21 the size. */
function readBlocks(view: DataView, start: number, maxBlock: number): { end: number; bound: number } {
  let at = start
  let bound = 0
  for (;;) {
    if (at + 3 > view.byteLength) throwBroken('a block is cut short')
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const type = (header >> 1) & 3
    const size = header >> 3
    if (type > COMPRESSED) throwBroken('a block is of an unknown type')
    if (size > maxBlock) throwBroken(`a block has ${size} bytes, at most ${maxBlock} are allowed`)
    bound += type === COMPRESSED ? maxBlock : size
    at += 3 + (type === RLE ? 1 : size)
    if (at > view.byteLength) throwBroken('a block is cut short')
    if ((header & 1) !== 0) return { end: at, bound }
  }
}

function throwBroken(what: string): never {
  throw new RpcError(StatusCode.DATA_LOSS, `broken zstd: ${what}`)
}
