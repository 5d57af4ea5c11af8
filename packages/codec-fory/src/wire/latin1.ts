/** `String.fromCharCode`, typed for array elements: every index below is within the bytes. */
const fromCharCode: (...units: (number | undefined)[]) => string = String.fromCharCode as (
  ...units: unknown[]
) => string

const BLOCK = 16

/**
 * Decodes short Latin-1 strings. One call of `fromCharCode` with all characters is the fastest way: a native decoder costs
 * as much as 30 characters, and strings that are concatenated are slow to use.
 */
export function decodeLatin1(bytes: Uint8Array, start: number, length: number): string {
  if (length <= BLOCK) return decodeBlock(bytes, start, length)
  let text = ''
  let at = start
  let left = length
  for (; left > BLOCK; left -= BLOCK, at += BLOCK) text += decodeBlock(bytes, at, BLOCK)
  return text + decodeBlock(bytes, at, left)
}

/** Decodes up to `BLOCK` characters. */
function decodeBlock(b: Uint8Array, i: number, length: number): string {
  // oxfmt-ignore
  switch (length) {
    case 0: return ''
    case 1: return fromCharCode(b[i])
    case 2: return fromCharCode(b[i], b[i + 1])
    case 3: return fromCharCode(b[i], b[i + 1], b[i + 2])
    case 4: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3])
    case 5: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4])
    case 6: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5])
    case 7: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6])
    case 8: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7])
    case 9: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8])
    case 10: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9])
    case 11: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10])
    case 12: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11])
    case 13: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12])
    case 14: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13])
    case 15: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14])
    default: return fromCharCode(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7],
      b[i + 8], b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15])
  }
}
