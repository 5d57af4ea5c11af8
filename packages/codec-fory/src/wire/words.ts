import { throwInvalid, throwMismatch } from './failure.ts'

/** Three views of one 64-bit integer, to split it and to join it without arithmetic on bigints. */
export const signed = new BigInt64Array(1)
export const unsigned = new BigUint64Array(signed.buffer)
export const words = new Int32Array(signed.buffer)

/** The index of the low half in `words`, and below it that of the high half. */
export const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
export const HIGH = 1 - LOW

/** Stores the halves of an int64 in `words`. */
export function splitSigned(value: unknown): void {
  if (typeof value !== 'bigint') throwMismatch('a bigint (int64)', value)
  signed[0] = value
  if (signed[0] !== value) throwInvalid('expected a bigint from -2^63 to 2^63 − 1 (int64)')
}

/** Stores the halves of a uint64 in `words`. */
export function splitUnsigned(value: unknown): void {
  if (typeof value !== 'bigint') throwMismatch('a bigint (uint64)', value)
  unsigned[0] = value
  if (unsigned[0] !== value) throwInvalid('expected a bigint from 0 to 2^64 − 1 (uint64)')
}
