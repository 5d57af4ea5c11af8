import { AsterError } from '@aster/rpc-core'
import { brandError } from '@aster/rpc-core/protocol'
import { printableLines } from '@aster/rpc-core/schema'

/** Characters of the message of an `IdentityError`; the rest is cut off. */
const MAX_MESSAGE = 4_096

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
  static {
    brandError(this, 'IdentityError')
  }

  override readonly name: string = 'IdentityError'
  /** The part that is wrong, such as `endpoint id` or `peers[0].root_pubkey`. */
  readonly field: string
  /** Where the text came from, as the caller named it. */
  readonly source: string | undefined
  readonly expected: string
  /** What was there instead, described: never the text of a secret. */
  readonly found: string

  constructor({ field, source, expected, found }: IdentityErrorOptions) {
    const text = `${source === undefined ? '' : `${source} `}${field}: expected ${expected}, found ${found}`
    // A path, a channel or a key may be part of it, whatever those hold.
    super(printableLines(text, MAX_MESSAGE))
    this.field = field
    this.source = source
    this.expected = expected
    this.found = found
  }
}
