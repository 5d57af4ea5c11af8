/**
 * Converts bytes to an array of numbers, the only form in which the addon takes and returns bytes. The conversion is the
 * largest cost of this binding. A loop over an array of known length is fastest (2-7 ns a byte; `Array.from` takes 10-38).
 */
export function toArray(bytes: Uint8Array, start = 0, end = bytes.length): number[] {
  const length = end - start
  // oxlint-disable-next-line unicorn/no-new-array -- see above
  const numbers = new Array<number>(length)
  for (let i = 0; i < length; i++) numbers[i] = bytes[start + i] as number
  return numbers
}

/** Converts the addon's array of numbers to bytes. A loop takes 2 ns a byte for such arrays, `set` 18. */
export function toBytes(numbers: readonly number[]): Uint8Array {
  const { length } = numbers
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = numbers[i] as number
  return bytes
}

export function textToArray(text: string): number[] {
  return toArray(new TextEncoder().encode(text))
}
