import { RpcError, StatusCode } from '@aster/rpc-core'

/** The limits for one message. */
export interface JsonBounds {
  /** The most values, as `JsonContext` counts them. Fields of structs have a count of their own. */
  readonly maxValues: number
  /** The most different keys of objects. */
  readonly maxKeys: number
}

/** The kinds of bytes outside of strings. Any other byte is 0. */
const Kind = { QUOTE: 1, COMMA: 2, OPEN: 3, CLOSE: 4, COLON: 5, DIGIT: 6, POINT: 7, EXPONENT: 8, WORD: 9 } as const
const kinds = new Uint8Array(256)
for (const [chars, kind] of [
  ['"', Kind.QUOTE],
  [',', Kind.COMMA],
  ['[{', Kind.OPEN],
  [']}', Kind.CLOSE],
  [':', Kind.COLON],
  ['0123456789', Kind.DIGIT],
  ['.', Kind.POINT],
  ['eE', Kind.EXPONENT],
  ['NI', Kind.WORD],
] as const)
  for (const char of chars) kinds[char.charCodeAt(0)] = kind

/** Digits from which on an integer may be unsafe. */
const LARGE_DIGITS = 16
/** Levels from which on `parseJson` is used: `JSON.parse` takes memory for each level. */
const DEEP = 1_000

/**
 * Returns whether JSON of this many bytes may be over a limit. A value takes at least one byte, and a different key at least
 * eight.
 */
export function needsScan(length: number, { maxValues, maxKeys }: JsonBounds): boolean {
  return length > maxValues || length > 7 * maxKeys
}

/**
 * Scans long JSON before it is parsed, in time proportional to its length. `JSON.parse` creates all values before they can be
 * counted, and takes microseconds for each new key. Returns whether the JSON should be parsed by `parseJson` at once, because
 * it is nested very deep or `JSON.parse` would read it differently.
 *
 * @throws RpcError (`RESOURCE_EXHAUSTED`) if the JSON has too many values or different keys
 */
export function scanJson(bytes: Uint8Array, { maxValues, maxKeys }: JsonBounds): boolean {
  const keys = new KeyCounter(maxKeys)
  const { length } = bytes
  let values = 0
  let depth = 0
  let isSpecial = false
  /** The digits of the current integer so far; negative behind a decimal point. */
  let digits = 0
  let start = 0
  let end = 0
  for (let i = 0; i < length; i++) {
    const kind = kinds[bytes[i] as number]
    if (kind === Kind.DIGIT) {
      if (++digits === LARGE_DIGITS) isSpecial = true
      continue
    }
    if (kind === Kind.POINT) {
      digits = -length
      continue
    }
    if (kind === Kind.EXPONENT) {
      if (digits !== 0 && bytes[i + 1] !== 0x2d) isSpecial = true
      continue
    }
    digits = 0
    if (kind === 0) continue
    if (kind === Kind.QUOTE) {
      start = i + 1
      end = findQuote(bytes, start)
      i = end
    } else if (kind === Kind.COLON) keys.add(bytes, start, end)
    else if (kind === Kind.CLOSE) depth--
    else if (kind === Kind.WORD) isSpecial = true
    else {
      // The scan cannot tell fields from other values, so it allows for both counts.
      if (++values > 2 * maxValues) throwTooMany(`values: at most ${maxValues} are allowed (maxValues)`)
      if (kind === Kind.OPEN && ++depth > DEEP) isSpecial = true
    }
  }
  return isSpecial
}

/**
 * The number of bytes of a string in which a loop searches for the closing quote. After them `indexOf` continues, which is
 * faster for long strings.
 */
const LOOP_BYTES = 64

/**
 * Returns the offset of the closing quote of the string that begins at `start`, or an offset beyond the bytes if there is no
 * such quote.
 */
function findQuote(bytes: Uint8Array, start: number): number {
  const { length } = bytes
  let at = start
  for (;;) {
    const stop = Math.min(at + LOOP_BYTES, length)
    for (; at < stop; at++) {
      const byte = bytes[at]
      if (byte === 0x22) return at
      if (byte === 0x5c) at++
    }
    if (at >= length) return length
    const quote = bytes.indexOf(0x22, at)
    if (quote < 0) return length
    let slashes = quote
    while (slashes > at && bytes[slashes - 1] === 0x5c) slashes--
    if ((quote - slashes) % 2 === 0) return quote
    at = quote + 1
  }
}

function throwTooMany(what: string): never {
  throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `a message with too many ${what}`)
}

/** A random number for each byte, so that a peer cannot know which keys have the same hash. */
const randoms = Uint32Array.from({ length: 256 }, () => Math.random() * 0x1_0000_0000)

/** Counts different keys by their hashes. */
class KeyCounter {
  readonly #max: number
  #count = 0
  /** An open-addressing table of the hashes that were seen: each is in the first free slot from its own slot on. */
  #seen = new Int32Array(1_024)

  constructor(max: number) {
    this.#max = max
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    let hash = 1
    for (let i = start; i < end; i++)
      hash = Math.imul(hash ^ (randoms[bytes[i] as number] as number), 0x9e3779b1) ^ (hash >>> 15)
    hash = (hash ^ (hash >>> 16)) | 0
    // 0 marks a free slot.
    if (!this.#insert(hash === 0 ? 1 : hash)) return
    if (++this.#count > this.#max) throwTooMany(`different keys: at most ${this.#max} are allowed (maxKeys)`)
    if (this.#count * 2 > this.#seen.length) this.#grow()
  }

  /** Returns whether the hash is new. */
  #insert(hash: number): boolean {
    const seen = this.#seen
    const mask = seen.length - 1
    let at = hash & mask
    for (; seen[at] !== 0; at = (at + 1) & mask) if (seen[at] === hash) return false
    seen[at] = hash
    return true
  }

  #grow(): void {
    const old = this.#seen
    this.#seen = new Int32Array(old.length * 4)
    for (const hash of old) if (hash !== 0) this.#insert(hash)
  }
}
