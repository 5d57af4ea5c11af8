import { AsterError } from '@aster/rpc-core'
import { brandError } from '@aster/rpc-core/protocol'
import { printableLines } from '@aster/rpc-core/schema'

/** The largest number of characters of a message. A longer message is cut. */
const MAX_MESSAGE = 4_096

/** Names the source of the input, for messages of errors. */
export interface SourceOptions {
  /** The name of the source, such as that of a variable or a path. Messages begin with it. */
  readonly source?: string | undefined
}

/** The parts of a new `IdentityError`. */
export interface IdentityErrorOptions extends SourceOptions {
  /** The part that is wrong, such as `endpoint id`. */
  readonly field: string
  /** A description of the value that was expected. */
  readonly expected: string
  /** A description of the value that was found, by length or kind, without the content of a secret. */
  readonly found: string
}

/** Thrown if a key, an address, a credential or a file is ill-formed. No message contains a secret. */
export class IdentityError extends AsterError {
  static {
    brandError(this, 'IdentityError')
  }

  /** `'IdentityError'`. */
  override readonly name: string = 'IdentityError'
  /** The part that is wrong, such as `endpoint id` or `peers[0].root_pubkey`. */
  readonly field: string
  /** The source of the input, as the caller named it. */
  readonly source: string | undefined
  /** A description of the value that was expected. */
  readonly expected: string
  /** A description of the value that was found, without the content of a secret. */
  readonly found: string

  constructor({ field, source, expected, found }: IdentityErrorOptions) {
    const text = `${source === undefined ? '' : `${source} `}${field}: expected ${expected}, found ${found}`
    // The message may quote a path, a channel or a key of a table, which can contain any characters.
    super(printableLines(text, MAX_MESSAGE))
    this.field = field
    this.source = source
    this.expected = expected
    this.found = found
  }
}
