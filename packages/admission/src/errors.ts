import { AsterError } from '@aster/rpc-core'
import { brandError } from '@aster/rpc-core/protocol'
import { printableLines } from '@aster/rpc-core/schema'

/** Characters of a message, which may hold words of the peer. */
const MAX_MESSAGE = 4_096

/** A handshake that broke the protocol. */
export class AdmissionError extends AsterError {
  static {
    brandError(this, 'AdmissionError')
  }

  override readonly name: string = 'AdmissionError'

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(printableLines(message, MAX_MESSAGE), options)
  }
}

/** The producer does not let this consumer in. */
export class AdmissionDeniedError extends AdmissionError {
  static {
    brandError(this, 'AdmissionDeniedError')
  }

  override readonly name: string = 'AdmissionDeniedError'
  /** What may be the reason; a producer does not tell. */
  readonly hints: readonly string[]

  constructor(hints: readonly string[] = [], options: { cause?: unknown } = {}) {
    const text = 'consumer admission denied — set ASTER_ENROLLMENT_CREDENTIAL to a valid enrollment token'
    super([text, ...hints].join('; '), options)
    this.hints = hints
  }
}

/** The producer's root key is not the one that was configured. */
export class ProducerIdentityError extends AdmissionError {
  static {
    brandError(this, 'ProducerIdentityError')
  }

  override readonly name: string = 'ProducerIdentityError'
  readonly expected: string
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
