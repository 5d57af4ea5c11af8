import { typedArrayName } from '@aster/rpc-core/schema'
import { arrayKinds, type NumberArray, toWireOrder } from '../layout/array-kind.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'

export function arrayTypeId(value: object): number | undefined {
  const name = typedArrayName(value)
  return name === undefined ? undefined : arrayKinds.find((kind) => kind.make.name === name)?.id
}

export function writeArray(out: WriteBuffer, array: NumberArray): void {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice()
  toWireOrder(bytes, array.BYTES_PER_ELEMENT)
  out.bytesValue(bytes)
}
