import { arrayKinds, toWireOrder } from '../layout/array-kind.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import type { Read } from './decoding.ts'

/** Returns the reader of an `array.array` with a type id, or `undefined` if the id is not that of an array. */
export function arrayReader(id: number): Read | undefined {
  const kind = arrayKinds.find((candidate) => candidate.id === id)
  if (kind === undefined) return undefined
  return (input: ReadBuffer) => {
    const bytes = input.bytesCopy()
    if (bytes.length % kind.width !== 0)
      input.throwDataLoss(`an array of ${bytes.length} bytes, which is not a multiple of ${kind.width}`)
    toWireOrder(bytes, kind.width)
    return new kind.make(bytes.buffer as ArrayBuffer)
  }
}
