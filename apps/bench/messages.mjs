// The messages that every system exchanges, and the checks of its answers.

/** 16 characters out, 32 back. */
export const NAME = 'abcdefghijklmnop'
export const greet = (name) => `hello, ${name}, bye-bye!`.padEnd(32, '.')
export const REPLY = greet(NAME)

/** @throws Error if an answer differs from the expected one */
export function assertAnswer(found, expected, what) {
  if (found !== expected) throw new Error(`wrong ${what}: expected ${short(expected)}, found ${short(found)}`)
}

const short = (value) => JSON.stringify(value ?? null).slice(0, 80)

/** Returns incompressible bytes, the same ones each time (xorshift32). */
export function randomBytes(length) {
  const words = new Uint32Array(Math.ceil(length / 4))
  let x = 2_463_534_242
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words[i] = x
  }
  return new Uint8Array(words.buffer, 0, length)
}

/** Returns bytes that compress well: the same 64 bytes again and again. */
export function compressibleBytes(length) {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i & 63) + 32
  return bytes
}

export function* hellos(count) {
  for (let i = 0; i < count; i++) yield { name: NAME }
}

/** Yields messages of `piece` bytes until `total` bytes are sent. */
export function* pieces(total, piece) {
  const data = randomBytes(piece)
  for (let at = 0; at < total; at += piece) yield { data: data.subarray(0, Math.min(piece, total - at)) }
}
