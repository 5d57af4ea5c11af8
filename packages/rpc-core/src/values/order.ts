/**
 * Compares two strings by code point, as Python and UTF-8 do. `<` compares UTF-16 units, which places U+1F600 before
 * U+E000.
 *
 * @returns a negative number, zero or a positive number, for `Array.prototype.sort`
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let i = 0
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  if (i === length) return a.length - b.length
  // The difference may be in the second half of a surrogate pair.
  const isHalf = i > 0 && (a.charCodeAt(i - 1) & 0xfc00) === 0xd800
  return (isHalf ? codePoint(a, i - 1) - codePoint(b, i - 1) : 0) || codePoint(a, i) - codePoint(b, i)
}

const codePoint = (text: string, at: number): number => text.codePointAt(at) ?? 0
