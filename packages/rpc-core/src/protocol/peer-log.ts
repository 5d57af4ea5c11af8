import type { Logger } from '../logger.ts'
import { runNeutral } from './signals/async-context.ts'
import { epochNow } from './signals/clock.ts'
import { runAt } from './signals/signals.ts'

/** The length of a window in milliseconds. The lines of one window are counted together. */
const WINDOW_MS = 1_000
/**
 * The most lines of one kind about different peers that are written at once in a window, and again at its end. Further
 * peers share one line.
 */
const MAX_LINES = 10
/** The most peers that are distinguished in one window, for each kind of line. */
const MAX_PEERS = 1_000

/** The fields of a line about a peer. */
export interface PeerFields {
  /** The id of the peer, which the transport has verified. */
  readonly peer: string
  readonly [name: string]: unknown
}

/** The lines about one peer that have not been written. */
interface Line {
  fields: PeerFields
  times: number
}

/** The lines of a window with the same level and message. */
interface Kind {
  readonly level: keyof Logger
  readonly message: string
  written: number
  readonly lines: Map<string, Line>
  /** The lines about the peers beyond `MAX_PEERS`. */
  others: Line | undefined
}

/**
 * Logs lines about the actions of peers at a limited rate, since each peer decides how often it acts. Lines with the same
 * level and message are of one kind; a message must not contain anything that a peer chooses.
 *
 * For each kind, the first line about a peer is written at once. Later lines within a second become one line, with their
 * number as `times` and the fields of the last. If there are many peers, ten lines are written at once and ten at the end
 * of the second; the remaining peers share one line, with their number as `peers`.
 */
export class PeerLog {
  readonly #logger: Logger | undefined
  /** The kinds of lines in the current window. */
  #kinds = new Map<string, Kind>()
  #stopTimer: (() => void) | undefined

  /** @param logger must not throw: `guardLogger` returns such a logger */
  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  /** Writes a line, or counts it if the peer has had one in this window. */
  write(level: keyof Logger, fields: PeerFields, message: string): void {
    if (this.#logger === undefined) return
    this.#stopTimer ??= this.#startWindow()
    const kind = this.#findKind(level, message)
    const known = kind.lines.get(fields.peer)
    if (known !== undefined) return count(known, fields)
    if (kind.lines.size >= MAX_PEERS) {
      kind.others ??= { fields, times: 0 }
      return count(kind.others, fields)
    }
    const isWritten = kind.written < MAX_LINES
    kind.lines.set(fields.peer, { fields, times: isWritten ? 0 : 1 })
    if (!isWritten) return
    kind.written++
    this.#logger[level](fields, message)
  }

  /** Writes the counted lines. Call it when no more lines will follow, or the counts of the last second are lost. */
  flush(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const kinds = this.#kinds
    this.#kinds = new Map()
    for (const kind of kinds.values()) this.#flushKind(kind)
  }

  #flushKind({ level, message, lines, others }: Kind): void {
    const counted = [...lines.values()].filter(({ times }) => times > 0)
    for (const { fields, times } of counted.slice(0, MAX_LINES))
      this.#logger?.[level](times === 1 ? fields : { ...fields, times }, message)
    const shared = [...counted.slice(MAX_LINES), ...(others === undefined ? [] : [others])]
    const last = shared.at(-1)
    if (last === undefined) return
    const times = shared.reduce((sum, line) => sum + line.times, 0)
    this.#logger?.[level](times === 1 ? last.fields : { ...last.fields, times, peers: shared.length }, message)
  }

  #findKind(level: keyof Logger, message: string): Kind {
    const key = `${level}\n${message}`
    const known = this.#kinds.get(key)
    if (known !== undefined) return known
    const kind: Kind = { level, message, written: 0, lines: new Map(), others: undefined }
    this.#kinds.set(key, kind)
    return kind
  }

  #startWindow(): () => void {
    return runNeutral(() => runAt(epochNow() + WINDOW_MS, () => this.flush(), { unref: true }))
  }
}

function count(line: Line, fields: PeerFields): void {
  line.fields = fields
  line.times++
}
