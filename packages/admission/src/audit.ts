import type { Logger } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import type { CredentialClaim } from './decision.ts'

/** What became of an attempt to be admitted. Holds no secret: neither signatures nor nonces. */
export interface AdmissionEvent {
  /** The endpoint id that the transport proved. */
  readonly peer: string
  /** `dropped`: the handshake did not come to its end; a decision, if there was one, is an event of its own. */
  readonly decision: 'admitted' | 'denied' | 'dropped'
  /** Why, where it was not admitted. */
  readonly reason?: string | undefined
  /** Absent where none was sent, or none that could be read. */
  readonly credential?: CredentialClaim | undefined
  /** What went wrong on the producer's side, where that is why. */
  readonly cause?: unknown
}

/** Writes every event to a logger: admissions as `debug`, what went wrong here as `error`, the rest as `warn`. */
export function logAdmissions(logger: Logger): (event: AdmissionEvent) => void {
  const guarded = guardLogger(logger)
  return ({ peer, decision, reason, credential, cause }) => {
    const fields = {
      peer,
      decision,
      ...(reason !== undefined && { reason }),
      ...(credential && { credentialType: credential.type, expiresAt: credential.expiresAt }),
      ...(credential?.attributes && { attributes: credential.attributes }),
      ...(cause !== undefined && { err: cause }),
    }
    const message = `consumer ${decision}`
    if (decision === 'admitted') guarded?.debug(fields, message)
    else if (cause === undefined) guarded?.warn(fields, message)
    else guarded?.error(fields, message)
  }
}
