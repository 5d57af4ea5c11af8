/** The parts of a credential that the log of a producer may contain: neither its signature nor its nonce. */
export interface CredentialClaim {
  /** The type of the credential. */
  readonly type: 'policy' | 'ott' | 'producer'
  /** The expiry in seconds since the epoch, rounded above 2^53 - 1. */
  readonly expiresAt: number
  /** The attributes. Present only if the root key has signed them. */
  readonly attributes?: Readonly<Record<string, string>> | undefined
}

/** The decision to admit a consumer. */
export interface Admitted {
  /** Whether the consumer is admitted. */
  readonly admitted: true
  /** The attributes of the credential. */
  readonly attributes: Readonly<Record<string, string>>
  /** The claims of the credential, if there is one. */
  readonly credential?: CredentialClaim | undefined
}

/** The decision to refuse a consumer. */
export interface Denied {
  /** Whether the consumer is admitted. */
  readonly admitted: false
  /** The reason, without secrets, for the log of the producer. The consumer does not learn it. */
  readonly reason: string
  /** The claims of the credential, if it could be read. */
  readonly credential?: CredentialClaim | undefined
  /** The error of the producer, if it is the reason. */
  readonly cause?: unknown
}

/** The decision of a gate about a consumer. */
export type AdmissionDecision = Admitted | Denied
