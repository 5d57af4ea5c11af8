const C1 = 0x87c37b91114253d5n
const C2 = 0x4cf5ad432745937fn
const SEED = 47n

const u64 = (n: bigint): bigint => BigInt.asUintN(64, n)
const rotl = (n: bigint, by: bigint): bigint => u64(n << by) | (n >> (64n - by))

function finalMix(n: bigint): bigint {
  let h = n ^ (n >> 33n)
  h = u64(h * 0xff51afd7ed558ccdn)
  h ^= h >> 33n
  h = u64(h * 0xc4ceb9fe1a85ec53n)
  return h ^ (h >> 33n)
}

function word(bytes: Uint8Array, at: number, end: number): bigint {
  let n = 0n
  for (let i = Math.min(at + 8, end) - 1; i >= at; i--) n = (n << 8n) | BigInt(bytes[i] ?? 0)
  return n
}

/**
 * Returns the first 64 bits (h1) of MurmurHash3 x64 128 with seed 47, with which Fory hashes struct fingerprints and long
 * names.
 */
export function murmur3(bytes: Uint8Array): bigint {
  const { length } = bytes
  let h1 = SEED
  let h2 = SEED
  const k1 = (at: number): bigint => u64(rotl(u64(word(bytes, at, length) * C1), 31n) * C2)
  const k2 = (at: number): bigint => u64(rotl(u64(word(bytes, at, length) * C2), 33n) * C1)
  const whole = length - (length % 16)
  for (let at = 0; at < whole; at += 16) {
    h1 = u64((rotl(h1 ^ k1(at), 27n) + h2) * 5n + 0x52dce729n)
    h2 = u64((rotl(h2 ^ k2(at + 8), 31n) + h1) * 5n + 0x38495ab5n)
  }
  if (length > whole + 8) h2 ^= k2(whole + 8)
  if (length > whole) h1 ^= k1(whole)
  h1 ^= BigInt(length)
  h2 ^= BigInt(length)
  h1 = u64(h1 + h2)
  h2 = u64(h2 + h1)
  return u64(finalMix(h1) + finalMix(h2))
}
