import type { Logger } from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { printable } from '@aster/rpc-core/schema'
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
      ...(reason !== undefined && { reason: printable(reason, 400) }),
      ...(credential && { credentialType: credential.type, expiresAt: credential.expiresAt }),
      ...(credential?.attributes && { attributes: shownAttributes(credential.attributes) }),
      ...(cause !== undefined && { err: cause }),
    }
    const message = `consumer ${decision}`
    if (decision === 'admitted') guarded?.debug(fields, message)
    else if (cause === undefined) guarded?.warn(fields, message)
    else guarded?.error(fields, message)
  }
}

/** Attributes that a line shows. */
const MAX_ATTRIBUTES = 16

/** Returns attributes as a line shows them: names and values cut and printable, and the number of those beyond. */
function shownAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(attributes)
  const shown = entries
    .slice(0, MAX_ATTRIBUTES)
    .map(([name, value]) => [printable(name, 60), printable(value)] as const)
  const rest = entries.length - MAX_ATTRIBUTES
  return Object.fromEntries(rest > 0 ? [...shown, ['…', `${rest} more`] as const] : shown)
}
