/**
 * Compares two strings by code point, as Python and UTF-8 order them. `<` compares UTF-16 units, which puts U+1F600
 * before U+E000.
 *
 * @returns a negative number, zero, or a positive number, for `Array.prototype.sort`
 */
export function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a)
  const right = Array.from(b)
  for (let i = 0; i < left.length && i < right.length; i++) {
    const by = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (by !== 0) return by
  }
  return left.length - right.length
}
