import { TypeId } from '../names/type-id.ts'
import type { WrittenEncoding } from './encoding.ts'

const TOP_BIT = 1n << 63n

/**
 * If a uint64 is declared in a container, pyfory mistakes its upper half for negative numbers and refuses to write it.
 * pyfory reads values with their type before them, so these are written as `fixedUint64` (quirk 37 of docs/python-0.1.md).
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
