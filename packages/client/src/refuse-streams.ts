import type { Connection } from '@aster/rpc-core'
import { PROTOCOL_VIOLATION, runNeutral } from '@aster/rpc-core/protocol'

/**
 * Closes a connection as soon as the producer opens a stream on it, because only consumers open streams. The transport would
 * buffer up to 1.25 MB for each stream that is not accepted.
 */
export function refuseStreams(connection: Connection): void {
  void runNeutral(() => closeAtFirst(connection))
}

/** Never rejects. The end of the connection is reported through `closed`. */
async function closeAtFirst(connection: Connection): Promise<void> {
  try {
    const first = await connection.incomingStreams()[Symbol.asyncIterator]().next()
    if (first.done !== true) connection.close(PROTOCOL_VIOLATION, 'the producer opened a stream; expected none of it')
  } catch {
    // If a transport of the user fails here, no stream can be opened either.
  }
}
