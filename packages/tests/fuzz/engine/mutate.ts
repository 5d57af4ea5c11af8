import type { Random } from './random.ts'

const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x20, 0x22, 0x5c, 0x7b, 0x1b, 0xe2]
const WORDS = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff, 0x1_0000, 0x100_0000, 0x100_0001]

/** The material from which inputs are made. */
export interface Material {
  readonly corpus: readonly Uint8Array[]
  /** The words of the format. */
  readonly tokens: readonly Uint8Array[]
  readonly maxLength: number
}

/** Returns an input with a few changes, as libFuzzer and AFL make them: bits, bytes, numbers, pieces, tokens, other inputs. */
export function mutate(input: Uint8Array, random: Random, material: Material): Uint8Array {
  let bytes = input
  for (let left = 1 << random.below(4); left > 0; left--) bytes = change(bytes, random, material)
  return bytes.length > material.maxLength ? bytes.slice(0, material.maxLength) : bytes
}

function change(input: Uint8Array, random: Random, { corpus, tokens }: Material): Uint8Array {
  const at = random.below(input.length + 1)
  const length = Math.min(input.length - at, 1 + random.below(random.below(4) === 0 ? 64 : 8))
  switch (random.below(12)) {
    case 0:
      return set(input, at, (input[at] ?? 0) ^ (1 << random.below(8)))
    case 1:
      return set(input, at, random.below(256))
    case 2:
      return set(input, at, random.pick(BYTES))
    case 3:
      return set(input, at, (input[at] ?? 0) + random.below(9) - 4)
    case 4:
      return splice(input, at, length, new Uint8Array(0))
    case 5:
      return splice(
        input,
        at,
        0,
        Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256)),
      )
    case 6: {
      // Repeats a piece of the input, which shows code whose work grows faster than its input.
      const piece = input.subarray(at, at + length)
      return splice(
        input,
        random.below(input.length + 1),
        0,
        repeat(piece, 1 << random.below(random.below(8) === 0 ? 9 : 3)),
      )
    }
    case 7:
      return splice(input, at, random.below(2) === 0 ? 0 : length, random.pick(tokens) ?? new Uint8Array(0))
    case 8: {
      const other = random.pick(corpus) ?? input
      const from = random.below(other.length + 1)
      return splice(input, at, random.below(2) === 0 ? 0 : length, other.slice(from, from + 1 + random.below(64)))
    }
    case 9: {
      const other = random.pick(corpus) ?? input
      return splice(input, at, input.length - at, other.subarray(random.below(other.length + 1)))
    }
    case 10: {
      const word = new Uint8Array(4)
      new DataView(word.buffer).setUint32(0, random.pick(WORDS), random.below(2) === 0)
      return splice(input, at, Math.min(4, input.length - at), word)
    }
    default:
      return input.slice(0, at)
  }
}

function set(input: Uint8Array, at: number, value: number): Uint8Array {
  if (at >= input.length) return input
  const out = input.slice()
  out[at] = value
  return out
}

function splice(input: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const out = new Uint8Array(input.length - remove + insert.length)
  out.set(input.subarray(0, at))
  out.set(insert, at)
  out.set(input.subarray(at + remove), at + insert.length)
  return out
}

function repeat(piece: Uint8Array, times: number): Uint8Array {
  const out = new Uint8Array(piece.length * times)
  for (let i = 0; i < times; i++) out.set(piece, i * piece.length)
  return out
}

/** Shortens a failing input for as long as it fails. */
export async function shrink(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
  tries = 1000,
): Promise<Uint8Array> {
  let best = input
  for (let size = best.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < best.length && tries > 0; tries--) {
      const shorter = splice(best, at, Math.min(size, best.length - at), new Uint8Array(0))
      if (await fails(shorter)) best = shorter
      else at += size
    }
  }
  return best
}
