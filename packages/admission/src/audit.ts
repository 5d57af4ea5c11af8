import type { Logger } from '@aster/rpc-core'
import { guardLogger, PeerLog } from '@aster/rpc-core/protocol'
import { printable } from '@aster/rpc-core/schema'
import type { CredentialClaim } from './decision.ts'

/** The outcome of an attempt to be admitted. It contains no secret, neither signatures nor nonces. */
export interface AdmissionEvent {
  /** The endpoint id that the transport proved. */
  readonly peer: string
  /** The decision. `dropped` means that the handshake did not complete; an earlier decision is a separate event. */
  readonly decision: 'admitted' | 'denied' | 'dropped'
  /** The reason if the peer was not admitted. */
  readonly reason?: string | undefined
  /** The claims of the credential. Absent if there was no credential, or if it could not be read. */
  readonly credential?: CredentialClaim | undefined
  /** The error of the producer, if it is the reason. */
  readonly cause?: unknown
}

/** Attributes that a line shows. */
const MAX_ATTRIBUTES = 16
/** Characters that a line shows of the name and of the value of an attribute. */
const MAX_CHARACTERS = 120

/** Writes events to a logger. */
export interface AdmissionLog {
  (event: AdmissionEvent): void
  /** Writes the lines for events that were only counted so far. Call it before the process ends. */
  flush(): void
}

/**
 * Returns a function that writes events to a logger: admissions at `debug`, errors of the producer at `error`, all others at
 * `warn`. Peers decide how many events there are, so equal events of one peer within a second share one line with their
 * number as `times`, and above about 20 lines a second several peers share a line.
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
