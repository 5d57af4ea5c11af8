/** A zstd frame of Python's `zstandard` 0.25.0, the library of `aster-rpc` 0.1.2, and its content. */
export interface ForeignFrame {
  readonly name: string
  readonly hex: string
  readonly content: Uint8Array
}

const text = new TextEncoder().encode('hello zstd, hello python; '.repeat(40))
const zeros = new Uint8Array(300_000)
const nothing = new Uint8Array(0)

/** The frames that every compression must read. */
export const foreignFrames: readonly ForeignFrame[] = [
  {
    name: 'a text, as a Python peer sends it',
    hex: '28b52ffd601003fd00009868656c6c6f207a7374642c20707974686f6e3b0300ed7b5610339b0f2509',
    content: text,
  },
  {
    name: 'a text without its size',
    hex: '28b52ffd0008fd00009868656c6c6f207a7374642c20707974686f6e3b0300ed7b5610339b0f2509',
    content: text,
  },
  {
    name: 'a text streamed in two pieces, without its size',
    hex: '28b52ffd0058fc00009868656c6c6f207a7374642c20707974686f6e3b0300d13d1588e9ccb19204450000087a0100182a2004',
    content: text,
  },
  {
    name: 'a text with a checksum, level 19',
    hex: '28b52ffd641003f50000a068656c6c6f207a7374642c20707974686f6e3b200200f37b56fea124012f87e302',
    content: text,
  },
  { name: 'nothing', hex: '28b52ffd2000010000', content: nothing },
  { name: 'nothing, without its size', hex: '28b52ffd0000010000', content: nothing },
  {
    name: 'what cannot be compressed',
    hex: '28b52ffd2040010200a4abd4448c49562d828115d13a1fccea927f52b4d5459297f8b43e42da89238bc13626e43dcb38ddb082488927ec904fb42057443983e88585179d50551afe62',
    content: parseHex(
      'a4abd4448c49562d828115d13a1fccea927f52b4d5459297f8b43e42da89238bc13626e43dcb38ddb082488927ec904fb42057443983e88585179d50551afe62',
    ),
  },
  {
    name: 'several blocks',
    hex: '28b52ffda0e09304005400001000000100fbff39c00202001000039f0400',
    content: zeros,
  },
  {
    name: 'several blocks, without their size',
    hex: '28b52ffd00485400001000000100fbff39c00202001000039f0400',
    content: zeros,
  },
]

/** Returns the bytes of a string of hex digits. */
export function parseHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}
