import type { CloseInfo } from '@aster/rpc-core'
import { NOT_ADMITTED, TOO_MANY } from '@aster/rpc-core/protocol'
import { printable } from '@aster/rpc-core/schema'

/** Returns true if the producer closed a connection with 403, because this client is not admitted or no longer admitted. */
export function isNotAdmitted({ by, code }: CloseInfo): boolean {
  return by === 'peer' && code === NOT_ADMITTED
}

/** Returns true if the producer closed a connection with 429, because it has too many, of this client or in all. */
export function isCrowded({ by, code }: CloseInfo): boolean {
  return by === 'peer' && code === TOO_MANY
}

/** Returns the reason of a loss, for events and the log. */
export function describeEnd({ by, code, reason }: CloseInfo): string {
  const end = { local: 'closed here', peer: 'closed by the producer', network: 'lost' }[by]
  const details = [...(code === undefined ? [] : [`code ${code}`]), ...(reason === '' ? [] : [printable(reason, 200)])]
  return details.length === 0 ? end : `${end} (${details.join(': ')})`
}

/** The longest time in milliseconds for which a new connection is watched for a refusal. */
const MAX_VERIFY_MS = 1_000

/**
 * Returns the milliseconds to wait for a refusal after a handshake: three round trips and a margin, but not much more than the
 * dial took. A dial takes at least one round trip, and much longer if packets were lost or the peer was away.
 */
export function refusalWaitMs(dialMs: number, rttMs: number | undefined): number {
  const longestMs = Math.min(dialMs, MAX_VERIFY_MS) + 5
  return rttMs === undefined ? longestMs : Math.min(3 * rttMs + 50, longestMs)
}
