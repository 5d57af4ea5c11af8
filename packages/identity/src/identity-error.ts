import { AsterError } from '@aster/rpc-core'

/** Where a text came from: a variable's name, a path. It opens the messages of errors. */
export interface SourceOptions {
  readonly source?: string | undefined
}

export interface IdentityErrorOptions extends SourceOptions {
  readonly field: string
  readonly expected: string
  /** What was there instead, described: lengths and kinds, never the text of a secret. */
  readonly found: string
}

/** A key, address, credential or file that is not what it should be. No message holds a secret. */
export class IdentityError extends AsterError {
  override readonly name: string = 'IdentityError'
  /** The part that is wrong, such as `endpoint id` or `peers[0].root_pubkey`. */
  readonly field: string
  /** Where the text came from, as the caller named it. */
  readonly source: string | undefined
  readonly expected: string
  /** What was there instead, described: never the text of a secret. */
  readonly found: string

  constructor({ field, source, expected, found }: IdentityErrorOptions) {
    super(`${source === undefined ? '' : `${source} `}${field}: expected ${expected}, found ${found}`)
    this.field = field
    this.source = source
    this.expected = expected
    this.found = found
  }
}

/** What a value is, without its content. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Date) return 'a date'
  switch (typeof value) {
    case 'string':
      return lengthOf(value)
    case 'object':
      return 'a table'
    default:
      return `a ${typeof value}`
  }
}

/** The length of a text that may be secret. */
export function lengthOf(text: string): string {
  return text === '' ? 'an empty text' : `a text of ${text.length} character${text.length === 1 ? '' : 's'}`
}

/** A text that is no secret, cut to a length fit for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
