import { RpcError, StatusCode } from '@aster/rpc-core'
import { LIMITS } from '@aster/rpc-core/protocol'
import { setKey } from '@aster/rpc-core/schema'

/**
 * The most digits of an integer. Python reads no longer ones (`sys.int_info.default_max_str_digits`), and the time of BigInt
 * grows with their square. See quirk 33 of docs/python-0.1.md.
 */
const MAX_INTEGER_DIGITS = 4300

const WORDS: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// oxlint-disable-next-line no-control-regex -- JSON has them only as escapes
const plainText = /[^"\\\u0000-\u001f]*/y

/**
 * Parses JSON as `JSON.parse` does, with three differences: an integer beyond ±(2^53 − 1) is a `bigint`, Python's words `NaN`,
 * `Infinity` and `-Infinity` are numbers, and the depth is limited. If an object has equal keys, the last one wins in both.
 * See quirk 32 of docs/python-0.1.md.
 *
 * @throws RpcError (`DATA_LOSS`) with the byte offset if the text is not JSON
 */
export function parseJson(text: string): unknown {
  const parser = new Parser(text)
  return parser.document()
}

class Parser {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): unknown {
    const value = this.#value()
    if (this.#at < this.#text.length) this.#fail('the end')
    return value
  }

  /** Reads a value and the white space on both sides of it. */
  #value(): unknown {
    const value = this.#bare(this.#peek())
    this.#peek()
    return value
  }

  #bare(first: number): unknown {
    if (first === 0x22) return this.#string()
    if (first === 0x7b) return this.#object()
    if (first === 0x5b) return this.#array()
    for (const [word, value] of WORDS) {
      if (first === word.charCodeAt(0) && this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return value
      }
    }
    return this.#number()
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    this.#open()
    if (this.#peek() !== 0x7d) {
      do {
        if (this.#peek() !== 0x22) this.#fail('a key in quotes')
        const key = this.#string()
        if (this.#peek() !== 0x3a) this.#fail("':'")
        this.#at++
        setKey(object, key, this.#value())
      } while (this.#comma())
    }
    this.#close(0x7d, "',' or '}'")
    return object
  }

  #array(): unknown[] {
    const array: unknown[] = []
    this.#open()
    if (this.#peek() !== 0x5d) {
      do array.push(this.#value())
      while (this.#comma())
    }
    this.#close(0x5d, "',' or ']'")
    return array
  }

  #open(): void {
    // The outermost list or object counts as level 0.
    if (this.#depth++ > LIMITS.nestingDepth)
      this.#fail(`a value that is not nested deeper than ${LIMITS.nestingDepth} levels`)
    this.#at++
  }

  #close(bracket: number, expected: string): void {
    if (this.#text.charCodeAt(this.#at) !== bracket) this.#fail(expected)
    this.#at++
    this.#depth--
  }

  #comma(): boolean {
    if (this.#text.charCodeAt(this.#at) !== 0x2c) return false
    this.#at++
    return true
  }

  #string(): string {
    const start = this.#at++
    let plain = true
    for (;;) {
      plainText.lastIndex = this.#at
      plainText.test(this.#text)
      this.#at = plainText.lastIndex
      const stop = this.#text.charCodeAt(this.#at)
      if (stop === 0x22) break
      if (stop !== 0x5c) this.#fail('the end of the string, or an escape')
      // `JSON.parse` checks the escape and its length below.
      this.#at += 2
      plain = false
    }
    this.#at++
    if (plain) return this.#text.slice(start + 1, this.#at - 1)
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string
    } catch {
      this.#at = start
      return this.#fail('a string without unknown escapes')
    }
  }

  #number(): number | bigint {
    number.lastIndex = this.#at
    const found = number.exec(this.#text)
    if (found === null) return this.#fail('a value')
    const value = Number(found[0])
    if (found[1] === undefined && found[2] === undefined && !Number.isSafeInteger(value)) {
      if (found[0].length > MAX_INTEGER_DIGITS) this.#fail(`an integer of at most ${MAX_INTEGER_DIGITS} digits`)
      this.#at = number.lastIndex
      return BigInt(found[0])
    }
    this.#at = number.lastIndex
    return value
  }

  /** Skips white space. Returns the next character, or NaN at the end. */
  #peek(): number {
    for (;;) {
      const char = this.#text.charCodeAt(this.#at)
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return char
      this.#at++
    }
  }

  #fail(expected: string): never {
    const offset = new TextEncoder().encode(this.#text.slice(0, this.#at)).length
    const where = this.#at >= this.#text.length ? `the end (byte ${offset})` : `byte ${offset}`
    throw new RpcError(StatusCode.DATA_LOSS, `broken JSON: expected ${expected} at ${where}`)
  }
}
