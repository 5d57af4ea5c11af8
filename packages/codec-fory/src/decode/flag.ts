import type { Reader } from '../wire/read-buffer.ts'
import { Flag } from '../names/type-id.ts'

/** The flag before a value that may be null; false for null. */
export function readFlag(input: Reader): boolean {
  const flag = input.u8()
  if (flag === Flag.VALUE || flag === Flag.FIRST) return true
  if (flag === Flag.NULL) return false
  return input.broken(
    flag === Flag.REF ? 'a reference to another value, which nothing here can be' : `0x${flag.toString(16)} is no flag`,
  )
}
