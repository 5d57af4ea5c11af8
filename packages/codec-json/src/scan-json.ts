import { RpcError, StatusCode } from '@aster/rpc-core'

/** How much of one message is read. */
export interface JsonBounds {
  /** Values, as `JsonContext` counts them: fields of structs apart from the others. */
  readonly maxValues: number
  /** Keys of objects that differ. */
  readonly maxKeys: number
}

/** What a byte outside of strings is. Everything else is 0. */
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

/** An integer of fewer digits is safe. */
const LARGE_DIGITS = 16
/** `JSON.parse` takes memory for each level. */
const DEEP = 1_000

/** Whether a text of this many bytes may be over one of the bounds: a value takes a byte at least, another key eight of them. */
export function needsScan(length: number, { maxValues, maxKeys }: JsonBounds): boolean {
  return length > maxValues || length > 7 * maxKeys
}

/**
 * Looks over a long text before it is parsed, in a time that is known: `JSON.parse` makes everything before anything can be
 * counted, and takes microseconds for each key that it has not seen. Returns whether the text has something that
 * `JSON.parse` reads otherwise than `parseJson`, or is nested very deep, and had better be parsed by the latter at once.
 *
 * @throws RpcError `RESOURCE_EXHAUSTED` if the text has too many values or different keys
 */
export function scanJson(bytes: Uint8Array, { maxValues, maxKeys }: JsonBounds): boolean {
  const keys = new KeyCounter(maxKeys)
  const { length } = bytes
  let values = 0
  let depth = 0
  let isSpecial = false
  /** Digits of the integer here; negative behind a point. */
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
      // Fields and other values are told apart only when they are read.
      if (++values > 2 * maxValues) throwTooMany(`values: at most ${maxValues} are allowed (maxValues)`)
      if (kind === Kind.OPEN && ++depth > DEEP) isSpecial = true
    }
  }
  return isSpecial
}

/** Bytes of a string that a loop looks at before the search of the engine, which beats it for long ones, goes on. */
const LOOP_BYTES = 64

/** Returns where the string ends that begins at `start`; at or beyond the end of the bytes if it does not. */
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

/** A random number for each byte: a peer must not know which keys have the same hash. */
const randoms = Uint32Array.from({ length: 256 }, () => Math.random() * 0x1_0000_0000)

/** Counts the keys that differ, by their hashes. */
class KeyCounter {
  readonly #max: number
  #count = 0
  /** The hashes that were seen, each at the first free place from where it belongs on. */
  #seen = new Int32Array(1_024)

  constructor(max: number) {
    this.#max = max
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    let hash = 1
    for (let i = start; i < end; i++)
      hash = Math.imul(hash ^ (randoms[bytes[i] as number] as number), 0x9e3779b1) ^ (hash >>> 15)
    hash = (hash ^ (hash >>> 16)) | 0
    // 0 is a free place.
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
