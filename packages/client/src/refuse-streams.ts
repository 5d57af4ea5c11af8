import type { Connection } from '@aster/rpc-core'
import { PROTOCOL_VIOLATION, runNeutral } from '@aster/rpc-core/protocol'

/**
 * Closes a connection as soon as the producer opens a stream on it, which only consumers do: what it sends on streams that are
 * not taken would wait in the transport, 1.25 MB for each.
 */
export function refuseStreams(connection: Connection): void {
  void runNeutral(() => closeAtFirst(connection))
}

/** Never rejects: how the connection ends is told by itself. */
async function closeAtFirst(connection: Connection): Promise<void> {
  try {
    const first = await connection.incomingStreams()[Symbol.asyncIterator]().next()
    if (first.done !== true) connection.close(PROTOCOL_VIOLATION, 'the producer opened a stream; expected none of it')
  } catch {
    // A transport of the user may fail; then nothing can be opened either.
  }
}
