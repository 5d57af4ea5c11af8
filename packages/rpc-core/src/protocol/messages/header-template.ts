/**
 * The bytes of a header in which only the id of the call changes from call to call. Most ids of a process have the same
 * length, and appear in the bytes unchanged.
 *
 * A codec may encode a string in any way. A template is therefore reliable only after `matches` has confirmed it with a
 * second header of the same codec.
 */
export class HeaderTemplate {
  readonly #bytes: Uint8Array
  readonly #idAt: number
  readonly #idEnd: number

  private constructor(bytes: Uint8Array, idAt: number, idLength: number) {
    this.#bytes = bytes
    this.#idAt = idAt
    this.#idEnd = idAt + idLength
  }

  /** Returns a template of the header of a call, or `undefined` unless the bytes contain the id exactly once. */
  static of(header: Uint8Array, id: string): HeaderTemplate | undefined {
    const found = isPlainId(id) ? findText(header, id, 0) : -1
    if (found < 0 || findText(header, id, found + 1) >= 0) return undefined
    return new HeaderTemplate(header.slice(), found, id.length)
  }

  /**
   * Returns whether `header` differs only in its id, and the id has the same length and consists of lower-case letters,
   * digits and hyphens.
   */
  matches(header: Uint8Array): boolean {
    const bytes = this.#bytes
    const size = bytes.length
    if (header.length !== size) return false
    const start = this.#idAt
    const end = this.#idEnd
    for (let i = 0; i < size; i++) {
      const byte = header[i] as number
      if (i >= start && i < end ? !isPlain(byte) : byte !== bytes[i]) return false
    }
    return true
  }

  /** Returns the id in a header that matches. */
  idIn(header: Uint8Array): string {
    let id = ''
    for (let i = this.#idAt; i < this.#idEnd; i++) id += CHARACTERS[header[i] as number] as string
    return id
  }

  /** Returns the header of another call, or `undefined` if the id does not fit. */
  withId(id: string): Uint8Array | undefined {
    const start = this.#idAt
    if (id.length !== this.#idEnd - start) return undefined
    const header = this.#bytes.slice()
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i)
      if (!isPlain(code)) return undefined
      header[start + i] = code
    }
    return header
  }
}

const CHARACTERS = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))

/** Returns whether a code is a lower-case letter, a digit or a hyphen. No codec has a reason to escape one of these. */
function isPlain(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d
}

function isPlainId(id: string): boolean {
  for (let i = 0; i < id.length; i++) if (!isPlain(id.charCodeAt(i))) return false
  return id.length > 0
}

function findText(bytes: Uint8Array, text: string, from: number): number {
  const first = text.charCodeAt(0)
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let i = 1
    while (i < text.length && bytes[at + i] === text.charCodeAt(i)) i++
    if (i === text.length) return at
  }
  return -1
}
