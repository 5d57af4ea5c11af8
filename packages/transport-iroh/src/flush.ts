import type { CloseInfo } from '@aster/rpc-core'
import { settledWithin } from '@aster/rpc-core/protocol'

/**
 * Milliseconds from the last `finish` of a connection until its bytes count as sent, beside the round trips: the addon's
 * threads need this time to send them, and the round trips cover losses. On `close`, iroh discards unsent bytes, and waiting
 * for the acknowledgement of each stream costs a third of the calls per second.
 */
const FLUSH_MS = 50
const FLUSH_ROUND_TRIPS = 3

/** The state of a connection that is flushed. */
interface Flushing {
  /** The time at which a stream was last finished, by `performance.now()`. */
  readonly finishedAt: number
  readonly rttMs: number | undefined
  readonly closed: Promise<CloseInfo>
}

/** Waits until the bytes of finished streams have had time to reach the peer, or until the connection is gone. Never rejects. */
export async function flushed({ finishedAt, rttMs, closed }: Flushing): Promise<void> {
  const leftMs = FLUSH_ROUND_TRIPS * (rttMs ?? 0) + FLUSH_MS - (performance.now() - finishedAt)
  if (leftMs > 0) await settledWithin(closed, leftMs)
}
