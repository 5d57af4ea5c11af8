import type { Logger } from '../logger.ts'
import { runNeutral } from './signals/async-context.ts'
import { epochNow } from './signals/clock.ts'
import { runAt } from './signals/signals.ts'

/** The milliseconds whose lines are counted together. */
const WINDOW_MS = 1_000
/** Lines of one kind about different peers that are written at once in a window, and as many at its end; further peers share one. */
const MAX_LINES = 10
/** Peers that are told apart in one window, for each kind of line. */
const MAX_PEERS = 1_000

/** What a line about a peer holds. */
export interface PeerFields {
  /** The id that the transport proved. */
  readonly peer: string
  readonly [name: string]: unknown
}

/** Lines about one peer that have not been written. */
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
  /** About peers beyond those that are told apart. */
  others: Line | undefined
}

/**
 * Writes lines about what peers do at a limited rate, since a peer decides how often it does something. Lines are of one kind
 * if their level and message are the same; a message must not hold what a peer chooses. Of each kind, the first line of a peer
 * is written at once. The later ones within a second become one line with their number as `times` and the fields of the last.
 * Of many peers, ten are written at once and ten at the end of the second; the others share a line with their number as
 * `peers`.
 */
export class PeerLog {
  readonly #logger: Logger | undefined
  /** Of the current window. */
  #kinds = new Map<string, Kind>()
  #stopTimer: (() => void) | undefined

  /** @param logger one that does not throw, as `guardLogger` returns */
  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

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

  /** Writes what has been counted. To be called at the end of what writes lines, or the last second's numbers are lost. */
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
