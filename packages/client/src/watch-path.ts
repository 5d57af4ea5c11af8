import type { Connection, ConnectionPath } from '@aster/rpc-core'
import { epochNow, runAt, runNeutral } from '@aster/rpc-core/protocol'

/** Called with the path in use, and with the one in use before, if there was any. */
export type PathListener = (path: ConnectionPath, before: ConnectionPath | undefined) => void

const POLL_MS = 1_000

/**
 * Calls `onChange` soon with the path that a connection uses, and when the connection uses another one. Never for a transport
 * that does not know paths. Returns a function that ends the watch.
 */
export function watchPath(connection: Connection, onChange: PathListener): () => void {
  if (connection.paths === undefined) return () => {}
  let last: ConnectionPath | undefined
  let stop = (): void => {}
  const look = (): void => {
    stop = runAt(epochNow() + POLL_MS, look, { unref: true })
    const path = connection.paths?.find(({ selected }) => selected)
    if (path === undefined || (path.kind === last?.kind && path.address === last.address)) return
    const before = last
    last = path
    // The listener may end the watch.
    onChange(path, before)
  }
  // The timers belong to no call, though a call is what connects.
  runNeutral(() => (stop = runAt(epochNow(), look, { unref: true })))
  return () => stop()
}
