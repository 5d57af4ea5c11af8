import { AsterError } from '@aster/rpc-core'
import { brandError } from '@aster/rpc-core/protocol'
import { printableLines } from '@aster/rpc-core/schema'

/** The largest number of characters of a message, which may contain words of the peer. */
const MAX_MESSAGE = 4_096

/** Thrown if a handshake breaks the protocol, or if an option of this package is wrong. */
export class AdmissionError extends AsterError {
  static {
    brandError(this, 'AdmissionError')
  }

  /** `'AdmissionError'`, or the name of the subclass. */
  override readonly name: string = 'AdmissionError'

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(printableLines(message, MAX_MESSAGE), options)
  }
}

/** Thrown if the producer refuses this consumer. */
export class AdmissionDeniedError extends AdmissionError {
  static {
    brandError(this, 'AdmissionDeniedError')
  }

  /** `'AdmissionDeniedError'`. */
  override readonly name: string = 'AdmissionDeniedError'
  /** Possible reasons, found by the consumer: a producer does not state its reason. */
  readonly hints: readonly string[]

  constructor(hints: readonly string[] = [], options: { cause?: unknown } = {}) {
    const text = 'consumer admission denied — set ASTER_ENROLLMENT_CREDENTIAL to a valid enrollment token'
    super([text, ...hints].join('; '), options)
    this.hints = hints
  }
}

/** Thrown if the root key of the producer is not the expected one. */
export class ProducerIdentityError extends AdmissionError {
  static {
    brandError(this, 'ProducerIdentityError')
  }

  /** `'ProducerIdentityError'`. */
  override readonly name: string = 'ProducerIdentityError'
  /** The expected root key: 64 hex digits. */
  readonly expected: string
  /** The root key that the producer names: 64 hex digits, or empty. */
  readonly found: string

  constructor(expected: string, found: string) {
    const claim = found === '' ? 'names no root key' : `names the root key ${found}`
    super(
      `the producer ${claim}, and ${expected} is expected (rootPubkey, ASTER_ROOT_PUBKEY or the identity file): this is not the producer you trust`,
    )
    this.expected = expected
    this.found = found
  }
}
