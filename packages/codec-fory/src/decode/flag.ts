import { Flag } from '../wire/flags.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'

/** Reads the flag before a value that may be null. Returns `false` for null. */
export function readFlag(input: ReadBuffer): boolean {
  const flag = input.u8()
  if (flag === Flag.VALUE || flag === Flag.FIRST) return true
  if (flag === Flag.NULL) return false
  return input.throwDataLoss(
    flag === Flag.REF
      ? 'a reference to another value, which nothing here can be'
      : `0x${flag.toString(16)} is not a flag`,
  )
}
