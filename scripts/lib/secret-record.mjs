// The secrets that tests use, and a search for them. A secret is 32 bytes (keys, nonces) or 64 (signatures); it is found as
// hex, as base64 and as a list of numbers. Kept are digests alone, so that the record itself may lie in a file.
import { createHash } from 'node:crypto'

const digest = (hex) => createHash('sha256').update(hex).digest('base64')

export class SecretRecord {
  /** Digest → the description of its secret. */
  #digests = new Map()

  /** @param {Uint8Array | string} secret bytes, or their hex @param {string} what */
  add(secret, what) {
    const hex = typeof secret === 'string' ? secret.toLowerCase() : Buffer.from(secret).toString('hex')
    if (!/^([0-9a-f]{64}){1,2}$/.test(hex) || /^(..)\1*$/.test(hex)) return
    for (let at = 0; at < hex.length; at += 64) this.#digests.set(digest(hex.slice(at, at + 64)), what)
  }

  get size() {
    return this.#digests.size
  }

  /** @returns {string} a line for each secret */
  format() {
    return [...this.#digests].map(([key, what]) => `${key} ${what}\n`).join('')
  }

  /** @param {string} text by `format` */
  read(text) {
    for (const line of text.split('\n')) {
      const at = line.indexOf(' ')
      if (at > 0) this.#digests.set(line.slice(0, at), line.slice(at + 1))
    }
  }

  /** @param {string} text @returns {string | undefined} the secret that a text contains, and its place */
  find(text) {
    for (const [hex, at] of candidates(text)) {
      const what = this.#digests.get(digest(hex))
      if (what !== undefined) return `${what}, near ${JSON.stringify(around(text, at))}`
    }
    return undefined
  }
}

/** The text before a secret. */
const around = (text, at) => `${text.slice(Math.max(0, at - 80), at)}…`

/** Whatever in a text may be 32 bytes, as hex. */
function* candidates(text) {
  for (const { 0: run, index } of text.matchAll(/[0-9a-f]{64,4096}/gi))
    for (let at = 0; at + 64 <= run.length; at++) yield [run.slice(at, at + 64).toLowerCase(), index + at]
  for (const { 0: run, index } of text.matchAll(/[A-Za-z0-9+/_-]{43,4096}/g)) {
    // Of 32 bytes the last character has two bits to spare.
    for (let at = 0; at + 43 <= run.length && at < 64; at++)
      yield [Buffer.from(run.slice(at, at + 43), 'base64').toString('hex'), index + at]
  }
  for (const { 0: run, index } of text.matchAll(/(?:\d{1,3},\s*){31,4096}\d{1,3}/g)) {
    const numbers = run.split(',').map(Number)
    for (let at = 0; at + 32 <= numbers.length && at < 64; at++)
      yield [Buffer.from(numbers.slice(at, at + 32)).toString('hex'), index]
  }
}
