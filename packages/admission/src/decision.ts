/** What a producer's log may hold of a credential: neither its signature nor its nonce. */
export interface CredentialClaim {
  readonly type: 'policy' | 'ott' | 'producer'
  /** Seconds since the epoch, rounded above 2^53 - 1. */
  readonly expiresAt: number
  /** Only where the root key vouches for them. */
  readonly attributes?: Readonly<Record<string, string>> | undefined
}

export interface Admitted {
  readonly admitted: true
  /** What the credential says of the consumer. */
  readonly attributes: Readonly<Record<string, string>>
  readonly credential?: CredentialClaim | undefined
}

export interface Denied {
  readonly admitted: false
  /** For the producer's own log: the consumer is told nothing. Holds no secret. */
  readonly reason: string
  readonly credential?: CredentialClaim | undefined
  /** What went wrong on the producer's side, where that is why. */
  readonly cause?: unknown
}

/** What a gate says of a consumer. */
export type AdmissionDecision = Admitted | Denied
