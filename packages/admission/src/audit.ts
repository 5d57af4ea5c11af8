import type { Logger } from '@aster/rpc-core'
import { guardLogger, PeerLog } from '@aster/rpc-core/protocol'
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

/** Attributes of a line, and characters of the name and the value of each; the rest is cut. */
const MAX_ATTRIBUTES = 16
const MAX_CHARACTERS = 120

/** Writes events to a logger. */
export interface AdmissionLog {
  (event: AdmissionEvent): void
  /** Writes what has been counted and not been written, at the end of what is audited. */
  flush(): void
}

/**
 * Writes events to a logger: admissions as `debug`, what went wrong here as `error`, the rest as `warn`. Since a peer decides how
 * many events there are, equal ones of a peer within a second are one line with their number as `times`, and beyond some 20
 * lines a second many peers share a line.
 */
export function logAdmissions(logger: Logger): AdmissionLog {
  const lines = new PeerLog(guardLogger(logger))
  const log = ({ peer, decision, reason, credential, cause }: AdmissionEvent): void => {
    const fields = {
      peer,
      decision,
      ...(reason !== undefined && { reason: printable(reason, 400) }),
      ...(credential && { credentialType: credential.type, expiresAt: credential.expiresAt }),
      ...(credential?.attributes && { attributes: cutAttributes(credential.attributes) }),
      ...(cause !== undefined && { err: cause }),
    }
    lines.write(levelOf(decision, cause), fields, `consumer ${decision}`)
  }
  return Object.assign(log, { flush: () => lines.flush() })
}

function levelOf(decision: AdmissionEvent['decision'], cause: unknown): keyof Logger {
  if (decision === 'admitted') return 'debug'
  return cause === undefined ? 'warn' : 'error'
}

function cutAttributes(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(attributes)
  const shown = entries
    .slice(0, MAX_ATTRIBUTES)
    .map(([key, value]) => [printable(key, MAX_CHARACTERS), printable(value, MAX_CHARACTERS)])
  const more = entries.length - shown.length
  return Object.fromEntries(more > 0 ? [...shown, ['…', `${more} more`]] : shown)
}
