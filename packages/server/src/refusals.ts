import type { Connection, Logger } from '@aster/rpc-core'
import { PeerLog } from '@aster/rpc-core/protocol'
import type { ServerRefusalCause, ServerStats } from './server-stats.ts'

interface RefusalLine {
  readonly level: keyof Logger
  readonly message: string
}

/**
 * The line about each cause. `access` has a line of its own, once an hour for each peer and method; what ends in good order is
 * of interest to a debugger alone.
 */
const LINES: { readonly [Cause in ServerRefusalCause]: RefusalLine } = {
  header: { level: 'warn', message: 'a stream was refused: its header did not come in time, or is too long' },
  stalled: { level: 'warn', message: 'a stream was cut off: a frame of the peer made no progress' },
  buffer: {
    level: 'warn',
    message: 'a stream was cut off: the frames of the peer are more than a connection may hold',
  },
  unread: { level: 'warn', message: 'a stream was cut off: the peer does not read the answer' },
  message: { level: 'warn', message: 'a call was refused: a message is over a limit' },
  metadata: { level: 'warn', message: 'a call was refused: its metadata, an id or a name is over a limit' },
  sessions: { level: 'warn', message: 'a session was refused: the peer has too many of them open' },
  access: { level: 'debug', message: 'a call was refused by an access rule' },
  draining: { level: 'debug', message: 'a call was refused: the server is closing' },
  idle: { level: 'debug', message: 'a connection or a session was ended: it was idle' },
  connections: { level: 'warn', message: 'a connection was closed: there are too many' },
  notAdmitted: { level: 'info', message: 'calls refused: the consumer is not admitted' },
  protocol: { level: 'warn', message: 'a connection was closed: the peer violated the protocol' },
}

/** What happened to a peer. */
interface PeerRefusal {
  readonly cause: ServerRefusalCause
  readonly peer: string
  /** Details for the log. */
  readonly message?: string | undefined
}

/** Counts what a server refuses, and logs who did what, at a limited rate. */
export class Refusals {
  readonly #counts = Object.fromEntries(Object.keys(LINES).map((cause) => [cause, 0])) as Record<
    ServerRefusalCause,
    number
  >
  readonly #log: PeerLog

  /** @param logger one that does not throw */
  constructor(logger: Logger | undefined) {
    this.#log = new PeerLog(logger)
  }

  get counts(): ServerStats['refusals'] {
    return Object.freeze({ ...this.#counts })
  }

  /** Never throws. */
  add({ cause, peer, message: reason }: PeerRefusal, connection?: Connection): void {
    this.#counts[cause]++
    const { level, message } = LINES[cause]
    const address = connection?.paths?.find(({ selected }) => selected)?.address
    this.#log.write(
      level,
      { peer, ...(address !== undefined && { address }), ...(reason !== undefined && { reason }) },
      message,
    )
  }

  /** Writes the lines that wait. */
  flush(): void {
    this.#log.flush()
  }
}
