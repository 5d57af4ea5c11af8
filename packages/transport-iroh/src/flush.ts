import type { CloseInfo } from '@aster/rpc-core'
import { settledWithin } from '@aster/rpc-core/protocol'

/**
 * What the last bytes of a connection have to arrive: the time for the addon's threads to send them, and round trips for what
 * was lost of them. iroh discards on `close` what it has not sent, and to ask for each stream's acknowledgement costs a third
 * of the calls per second.
 */
const FLUSH_MS = 50
const FLUSH_ROUND_TRIPS = 3

/** What the flush of a connection depends on. */
interface Flushing {
  /** When a stream was last finished, on the clock of `performance`. */
  readonly finishedAt: number
  readonly rttMs: number | undefined
  readonly closed: Promise<CloseInfo>
}

/** Resolves when what was finished had the time to reach the peer, or when the connection is gone. Never rejects. */
export async function flushed({ finishedAt, rttMs, closed }: Flushing): Promise<void> {
  const leftMs = FLUSH_ROUND_TRIPS * (rttMs ?? 0) + FLUSH_MS - (performance.now() - finishedAt)
  if (leftMs > 0) await settledWithin(closed, leftMs)
}
