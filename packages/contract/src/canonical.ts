// Writes the canonical form of a contract (section 8 of the wire protocol), which is hashed and never read.
import { AsterError } from '@aster/rpc-core'
import { isWellFormed } from '@aster/rpc-core/schema'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

export type Bytes = Uint8Array

/** Written in place of an optional member that is absent. */
export const ABSENT: Bytes = Uint8Array.of(0xfd)

/** Returns the unsigned LEB128 of an integer up to 2^53 − 1. */
export function varint(value: number): Bytes {
  const out: number[] = []
  let rest = value
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Uint8Array.of(...out, rest)
}

/**
 * Returns the zigzag varint of a 32-bit integer.
 *
 * @param what the name of the value in the message of an error
 * @throws AsterError if `value` is not a 32-bit integer
 */
export function int32(value: number, what: string): Bytes {
  if ((value | 0) !== value)
    throw new AsterError(`${what}: expected an integer from -2147483648 to 2147483647, found ${value}`)
  return varint(((value << 1) ^ (value >> 31)) >>> 0)
}

/**
 * Returns a string in UTF-8 after its length, whose lower two bits stand for UTF-8.
 *
 * @param what the name of the value in the message of an error
 * @throws AsterError if the string has lone surrogates
 */
export function text(value: string, what: string): Bytes {
  if (!isWellFormed(value)) throw new AsterError(`${what}: expected a string without lone surrogates`)
  const bytes = utf8ToBytes(value)
  return concatBytes(varint(bytes.length * 4 + 2), bytes)
}

export function bytes(value: Bytes): Bytes {
  return concatBytes(varint(value.length), value)
}

export function bool(value: boolean): Bytes {
  return Uint8Array.of(value ? 1 : 0)
}

export function float64(value: number): Bytes {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setFloat64(0, value, true)
  return out
}

export function list(items: readonly Bytes[]): Bytes {
  return concatBytes(varint(items.length), Uint8Array.of(0x0c), ...items)
}
