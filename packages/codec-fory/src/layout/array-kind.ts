import { TypeId } from '../names/type-id.ts'

/** The typed arrays of JavaScript that correspond to Python's `array.array`. Bytes are not among them. */
export type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array

interface ArrayKind {
  readonly id: number
  readonly width: number
  readonly make: new (buffer: ArrayBuffer) => NumberArray | Uint8Array
}

export const arrayKinds: readonly ArrayKind[] = [
  { id: TypeId.INT8_ARRAY, width: 1, make: Int8Array },
  { id: TypeId.INT16_ARRAY, width: 2, make: Int16Array },
  { id: TypeId.INT32_ARRAY, width: 4, make: Int32Array },
  { id: TypeId.INT64_ARRAY, width: 8, make: BigInt64Array },
  { id: TypeId.UINT8_ARRAY, width: 1, make: Uint8Array },
  { id: TypeId.UINT16_ARRAY, width: 2, make: Uint16Array },
  { id: TypeId.UINT32_ARRAY, width: 4, make: Uint32Array },
  { id: TypeId.UINT64_ARRAY, width: 8, make: BigUint64Array },
  { id: TypeId.FLOAT32_ARRAY, width: 4, make: Float32Array },
  { id: TypeId.FLOAT64_ARRAY, width: 8, make: Float64Array },
]

const bigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0

/** Converts elements between the byte order of the host and that of the wire, which is little-endian. */
export function toWireOrder(bytes: Uint8Array, width: number): void {
  if (!bigEndian) return
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse()
}
