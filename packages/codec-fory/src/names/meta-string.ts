import { isWellFormed } from '@aster/rpc-core/schema'
import { murmur3 } from '../wire/murmur3.ts'

/** The use of a name. Namespaces and type names differ in the two characters that 6 bits can hold beyond letters and digits. */
export type NameRole = 'namespace' | 'typeName'

/** The packings of a name. The numbers are part of the wire format. */
export const NameEncoding = { UTF8: 0, LOWER: 1, MIXED: 2, FIRST_UPPER: 3, ALL_UPPER: 4 } as const
export type NameEncoding = (typeof NameEncoding)[keyof typeof NameEncoding]

const FIVE_BITS = 'abcdefghijklmnopqrstuvwxyz._$|'
const LETTERS_DIGITS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const specials = { namespace: '._', typeName: '$_' } as const
const packable = { namespace: /^[a-zA-Z0-9._]*$/, typeName: /^[a-zA-Z0-9$_]*$/ } as const

/** The most bytes of a name without a hash. */
export const HASHED_ABOVE = 16
const MAX_LENGTH = 32_766

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function chooseEncoding(text: string, role: NameRole): NameEncoding {
  if (text === '') return NameEncoding.UTF8
  if (/^[a-z._$|]*$/.test(text)) return NameEncoding.LOWER
  if (!packable[role].test(text)) return NameEncoding.UTF8
  if (/\d/.test(text)) return NameEncoding.MIXED
  const upper = text.replace(/[^A-Z]/g, '').length
  if (upper === 1 && /^[A-Z]/.test(text)) return NameEncoding.FIRST_UPPER
  return (text.length + upper) * 5 < text.length * 6 ? NameEncoding.ALL_UPPER : NameEncoding.MIXED
}

/** Encodes a name as it is written the first time: length, encoding or hash, packed characters. */
export function encodeName(text: string, role: NameRole): Uint8Array {
  if (text === '') return Uint8Array.of(0)
  const encoding = chooseEncoding(text, role)
  const packed = packName(text, role, encoding)
  const out = varuint(packed.length * 2)
  out.push(encoding)
  if (packed.length > HASHED_ABOVE) {
    for (let hash = murmur3(packed) >> 8n, i = 0; i < 7; i++, hash >>= 8n) out.push(Number(hash & 0xffn))
  }
  return Uint8Array.from([...out, ...packed])
}

function packName(text: string, role: NameRole, encoding: NameEncoding): Uint8Array {
  switch (encoding) {
    case NameEncoding.UTF8:
      return utf8.encode(text)
    case NameEncoding.LOWER:
      return pack(text, FIVE_BITS, 5)
    case NameEncoding.FIRST_UPPER:
      return pack(text.toLowerCase(), FIVE_BITS, 5)
    case NameEncoding.ALL_UPPER:
      return pack(
        text.replace(/[A-Z]/g, (letter) => `|${letter.toLowerCase()}`),
        FIVE_BITS,
        5,
      )
    case NameEncoding.MIXED:
      return pack(text, LETTERS_DIGITS + specials[role], 6)
  }
}

/** Returns the string of a packed name, or `undefined` if no string packs to these bytes. */
export function unpackName(packed: Uint8Array, role: NameRole, encoding: number): string | undefined {
  switch (encoding) {
    case NameEncoding.UTF8:
      return decodeUtf8(packed)
    case NameEncoding.LOWER:
      return unpack(packed, FIVE_BITS, 5)
    case NameEncoding.FIRST_UPPER:
      return unpack(packed, FIVE_BITS, 5)?.replace(/^[a-z]/, (letter) => letter.toUpperCase())
    case NameEncoding.ALL_UPPER:
      return unpack(packed, FIVE_BITS, 5)?.replace(/\|([a-z])/g, (_, letter: string) => letter.toUpperCase())
    case NameEncoding.MIXED:
      return unpack(packed, LETTERS_DIGITS + specials[role], 6)
    default:
      return undefined
  }
}

/**
 * Packs characters from the second highest bit of the first byte on. The highest bit is set if the padding could hold one
 * more character.
 */
function pack(text: string, alphabet: string, width: number): Uint8Array {
  const bits = text.length * width + 1
  const out = new Uint8Array(Math.ceil(bits / 8))
  let at = 1
  for (const char of text) {
    const value = alphabet.indexOf(char)
    for (let bit = width - 1; bit >= 0; bit--, at++) {
      if ((value >> bit) & 1) out[at >> 3] = (out[at >> 3] ?? 0) | (0x80 >> (at & 7))
    }
  }
  if (out.length * 8 - bits >= width) out[0] = (out[0] ?? 0) | 0x80
  return out
}

function unpack(packed: Uint8Array, alphabet: string, width: number): string | undefined {
  const surplus = (packed[0] ?? 0) >> 7
  const count = Math.floor((packed.length * 8 - 1) / width) - surplus
  let text = ''
  for (let i = 0, at = 1; i < count; i++) {
    let value = 0
    for (let bit = 0; bit < width; bit++, at++) value = (value << 1) | (((packed[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    const char = alphabet[value]
    if (char === undefined) return undefined
    text += char
  }
  return text
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

function varuint(n: number): number[] {
  const out: number[] = []
  for (; n > 127; n >>>= 7) out.push((n & 127) | 128)
  out.push(n)
  return out
}

/** Characters that are digits for Python's `isdigit` but not for `\p{Nd}`: superscripts, subscripts, circled digits. */
const otherDigits = String.raw`\xb2\xb3\xb9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792`
const lettersAndDigits = String.raw`\p{Lowercase}\p{Uppercase}\p{Nd}${otherDigits}`
const takenForPackable = {
  namespace: new RegExp(`^[${lettersAndDigits}._]*$`, 'u'),
  typeName: new RegExp(`^[${lettersAndDigits}$_]*$`, 'u'),
} as const

/** Returns why no Python class can be registered under a name (quirk 39 of docs/python-0.1.md), or `undefined` if one can. */
export function registrationProblem(text: string, role: NameRole): string | undefined {
  if (text.length > MAX_LENGTH) return `more than ${MAX_LENGTH} characters`
  if (!isWellFormed(text)) return 'a lone surrogate'
  // pyfory believes that it can pack such a name, and then has no code for the letters outside ASCII.
  if (!packable[role].test(text) && takenForPackable[role].test(text))
    return 'nothing but letters and digits, some beyond ASCII'
  return undefined
}
