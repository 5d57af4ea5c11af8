import type { Connection, Logger } from '@aster/rpc-core'
import { PeerLog } from '@aster/rpc-core/protocol'
import type { ServerRefusalCause, ServerStats } from './server-stats.ts'

interface RefusalLine {
  readonly level: keyof Logger
  readonly message: string
}

/**
 * The log line of each cause. Normal ends are logged at `debug`. So is `access`, because the access check itself warns once an
 * hour for each peer and method.
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

/** A refusal of a peer. */
interface PeerRefusal {
  readonly cause: ServerRefusalCause
  readonly peer: string
  /** Details for the log. */
  readonly message?: string | undefined
}

/** Counts the refusals of a server, and logs each with its peer at a limited rate. */
export class Refusals {
  readonly #counts = Object.fromEntries(Object.keys(LINES).map((cause) => [cause, 0])) as Record<
    ServerRefusalCause,
    number
  >
  readonly #log: PeerLog

  /** @param logger a logger that never throws */
  constructor(logger: Logger | undefined) {
    this.#log = new PeerLog(logger)
  }

  get counts(): ServerStats['refusals'] {
    return Object.freeze({ ...this.#counts })
  }

  /** Counts a refusal, and logs it. Never throws. */
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

  /** Writes the lines that are held back by the rate limit. */
  flush(): void {
    this.#log.flush()
  }
}
