import { TypeId } from '../names/type-id.ts'
import type { WrittenEncoding } from './encoding.ts'

const TOP_BIT = 1n << 63n

/**
 * Writes values from 2^63 on in a container of uint64. pyfory mistakes such values for negative numbers and refuses to write
 * them, but it reads a value whose type stands before it, so they are written as `fixedUint64` with that type (quirk 37 of
 * docs/python-0.1.md).
 */
export const uint64InContainer: WrittenEncoding = {
  classOf: (value) => (isUpperHalf(value) ? TypeId.FIXED_UINT64 : undefined),
  nullClass: undefined,
  writeClass: (out) => out.u8(TypeId.FIXED_UINT64),
  writePayload: (out, value) => out.fixedUint64(value),
  write(out, value) {
    out.u8(TypeId.FIXED_UINT64)
    out.fixedUint64(value)
  },
}

export function isUpperHalf(value: unknown): boolean {
  return typeof value === 'bigint' && value >= TOP_BIT
}
