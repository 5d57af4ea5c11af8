/**
 * The addon takes and gives bytes as arrays of numbers, which costs more than all else here. Of all ways to make one,
 * a loop over an array of known length is the fastest (2-7 ns a byte; `Array.from` takes 10-38).
 */
export function toArray(bytes: Uint8Array, start = 0, end = bytes.length): number[] {
  const length = end - start
  // oxlint-disable-next-line unicorn/no-new-array -- see above
  const numbers = new Array<number>(length)
  for (let i = 0; i < length; i++) numbers[i] = bytes[start + i] as number
  return numbers
}

export function toBytes(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length)
  bytes.set(numbers)
  return bytes
}

export function textToArray(text: string): number[] {
  return toArray(new TextEncoder().encode(text))
}
