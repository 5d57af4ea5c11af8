/** Every element that is asked for is there. */
const fromCharCode: (...units: (number | undefined)[]) => string = String.fromCharCode as (
  ...units: unknown[]
) => string

const BLOCK = 16

/**
 * Short Latin-1 text. `fromCharCode` with all characters at once is what makes short strings fastest: a native decoder costs as
 * much as 30 of them, and strings put together from parts are slow to use.
 */
export function decodeLatin1(bytes: Uint8Array, start: number, length: number): string {
  if (length <= BLOCK) return block(bytes, start, length)
  let text = ''
  let at = start
  let left = length
  for (; left > BLOCK; left -= BLOCK, at += BLOCK) text += block(bytes, at, BLOCK)
  return text + block(bytes, at, left)
}

function block(b: Uint8Array, at: number, length: number): string {
  switch (length) {
    case 0:
      return ''
    case 1:
      return fromCharCode(b[at])
    case 2:
      return fromCharCode(b[at], b[at + 1])
    case 3:
      return fromCharCode(b[at], b[at + 1], b[at + 2])
    case 4:
      return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3])
    case 5:
      return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4])
    case 6:
      return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5])
    case 7:
      return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6])
    case 8:
      return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7])
    case 9:
      return fromCharCode(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8])
    case 10:
      return fromCharCode(
        b[at],
        b[at + 1],
        b[at + 2],
        b[at + 3],
        b[at + 4],
        b[at + 5],
        b[at + 6],
        b[at + 7],
        b[at + 8],
        b[at + 9],
      )
    case 11:
      return fromCharCode(
        b[at],
        b[at + 1],
        b[at + 2],
        b[at + 3],
        b[at + 4],
        b[at + 5],
        b[at + 6],
        b[at + 7],
        b[at + 8],
        b[at + 9],
        b[at + 10],
      )
    case 12:
      return fromCharCode(
        b[at],
        b[at + 1],
        b[at + 2],
        b[at + 3],
        b[at + 4],
        b[at + 5],
        b[at + 6],
        b[at + 7],
        b[at + 8],
        b[at + 9],
        b[at + 10],
        b[at + 11],
      )
    case 13:
      return fromCharCode(
        b[at],
        b[at + 1],
        b[at + 2],
        b[at + 3],
        b[at + 4],
        b[at + 5],
        b[at + 6],
        b[at + 7],
        b[at + 8],
        b[at + 9],
        b[at + 10],
        b[at + 11],
        b[at + 12],
      )
    case 14:
      return fromCharCode(
        b[at],
        b[at + 1],
        b[at + 2],
        b[at + 3],
        b[at + 4],
        b[at + 5],
        b[at + 6],
        b[at + 7],
        b[at + 8],
        b[at + 9],
        b[at + 10],
        b[at + 11],
        b[at + 12],
        b[at + 13],
      )
    case 15:
      return fromCharCode(
        b[at],
        b[at + 1],
        b[at + 2],
        b[at + 3],
        b[at + 4],
        b[at + 5],
        b[at + 6],
        b[at + 7],
        b[at + 8],
        b[at + 9],
        b[at + 10],
        b[at + 11],
        b[at + 12],
        b[at + 13],
        b[at + 14],
      )
    default:
      return fromCharCode(
        b[at],
        b[at + 1],
        b[at + 2],
        b[at + 3],
        b[at + 4],
        b[at + 5],
        b[at + 6],
        b[at + 7],
        b[at + 8],
        b[at + 9],
        b[at + 10],
        b[at + 11],
        b[at + 12],
        b[at + 13],
        b[at + 14],
        b[at + 15],
      )
  }
}
