import type { CloseInfo } from '@aster/rpc-core'
import { NOT_ADMITTED, TOO_MANY } from '@aster/rpc-core/protocol'
import { printable } from '@aster/rpc-core/schema'

/** Whether the producer closed a connection with 403: this client is not admitted, or not any more. */
export function isNotAdmitted({ by, code }: CloseInfo): boolean {
  return by === 'peer' && code === NOT_ADMITTED
}

/** Whether the producer closed a connection with 429: it has too many, of this client or in all. */
export function isCrowded({ by, code }: CloseInfo): boolean {
  return by === 'peer' && code === TOO_MANY
}

/** Returns the reason of a loss, for events and the log. */
export function describeEnd({ by, code, reason }: CloseInfo): string {
  const end = { local: 'closed here', peer: 'closed by the producer', network: 'lost' }[by]
  const details = [...(code === undefined ? [] : [`code ${code}`]), ...(reason === '' ? [] : [printable(reason, 200)])]
  return details.length === 0 ? end : `${end} (${details.join(': ')})`
}
