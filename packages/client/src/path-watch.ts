import type { Connection, ConnectionPath } from '@aster/rpc-core'
import { epochNow, runAt, runGuarded, runNeutral, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'

/** Called with the path in use, and with the path that was in use before, if there was one. */
export type PathListener = (path: ConnectionPath, before: ConnectionPath | undefined) => void

/** Milliseconds between two checks of the path in use. */
const POLL_MS = 1_000

/** Handles the error of a transport of the user. */
const onError = (error: unknown): void =>
  warnOnce('ASTER_TRANSPORT', `the paths of a connection could not be read: ${errorMessage(error)}`)

/**
 * Checks the paths of a connection every second, and calls the listener with the path in use, first at once and then when the
 * path has changed. Never calls the listener if the transport has no paths.
 */
export class PathWatch {
  readonly #connection: Connection
  readonly #onChange: PathListener
  #selected: ConnectionPath | undefined
  #paths: readonly ConnectionPath[] = []
  #cancel = (): void => {}

  constructor(connection: Connection, onChange: PathListener) {
    this.#connection = connection
    this.#onChange = onChange
    if (connection.paths === undefined) return
    // A call may connect, but the timers must not keep the async context of that call.
    runNeutral(() => this.#lookAt(epochNow()))
  }

  /** Returns the last known round-trip time of a path; `undefined` if the connection has not had that path. */
  rttMsOf({ kind, address }: ConnectionPath): number | undefined {
    return this.#paths.find((path) => path.kind === kind && path.address === address)?.rttMs
  }

  stop(): void {
    this.#cancel()
  }

  #lookAt(time: number): void {
    this.#cancel = runAt(time, () => runGuarded(() => this.#look(), onError), { unref: true })
  }

  #look(): void {
    this.#lookAt(epochNow() + POLL_MS)
    const paths = this.#connection.paths ?? []
    // A closed connection has no paths; keep the last known ones.
    if (paths.length > 0) this.#paths = paths
    const path = paths.find(({ selected }) => selected)
    const before = this.#selected
    if (path === undefined || (path.kind === before?.kind && path.address === before.address)) return
    this.#selected = path
    // Last, because the listener may stop the watch.
    this.#onChange(path, before)
  }
}
