import type { Connection, ConnectionPath } from '@aster/rpc-core'
import { epochNow, runAt, runGuarded, runNeutral, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'

/** Called with the path in use, and with the one in use before, if there was any. */
export type PathListener = (path: ConnectionPath, before: ConnectionPath | undefined) => void

/** How often the transport is asked for the path in use. */
const POLL_MS = 1_000

/** The transport may be one of the user. */
const onError = (error: unknown): void =>
  warnOnce('ASTER_TRANSPORT', `the paths of a connection could not be read: ${errorMessage(error)}`)

/**
 * Looks at the paths of a connection every second, and tells which one is in use: soon, and when it is another one. Never for
 * a transport that does not know paths.
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
    // The timers belong to no call, though a call is what connects.
    runNeutral(() => this.#lookAt(epochNow()))
  }

  /** The round-trip time of a path, as it was last seen; `undefined` if the connection has not had that path. */
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
    // The connection may be gone.
    if (paths.length > 0) this.#paths = paths
    const path = paths.find(({ selected }) => selected)
    const before = this.#selected
    if (path === undefined || (path.kind === before?.kind && path.address === before.address)) return
    this.#selected = path
    // The listener may stop the watch.
    this.#onChange(path, before)
  }
}
