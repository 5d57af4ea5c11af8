import { allocate } from '@aster/rpc-core/schema'

/** The interface to the message that `readBytes` needs. */
export interface BytesReader {
  readonly bytes: Uint8Array
  pos: number
  var32(): number
  assertLeft(count: number, what: string): void
}

/** The most bytes that a loop copies faster than `set`. */
const SHORT = 32

/**
 * Reads bytes with their length.
 *
 * @param mayView whether to return a view if the bytes are more than half of the memory that the view would keep
 */
export function readBytes(input: BytesReader, mayView: boolean): Uint8Array {
  const length = input.var32()
  input.assertLeft(length, 'bytes')
  const { bytes, pos } = input
  input.pos = pos + length
  if (length > SHORT) {
    const view = bytes.subarray(pos, pos + length)
    if (mayView && length > bytes.buffer.byteLength / 2) return view
    const copy = allocate(length)
    copy.set(view)
    return copy
  }
  // For a short value, creating a view costs more than the copy.
  const copy = new Uint8Array(length)
  for (let i = 0; i < length; i++) copy[i] = bytes[pos + i] as number
  return copy
}
