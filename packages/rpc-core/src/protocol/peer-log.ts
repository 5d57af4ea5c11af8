import type { Logger } from '../logger.ts'
import { runNeutral } from './signals/async-context.ts'
import { epochNow } from './signals/clock.ts'
import { runAt } from './signals/signals.ts'

/** The milliseconds whose lines are counted together. */
const WINDOW_MS = 1_000
/** Lines about different peers in one window; further peers share a line. */
const MAX_LINES = 10
/** Peers that are told apart in one window. */
const MAX_PEERS = 1_000

/** What a line about a peer holds. */
export interface PeerFields {
  /** The id that the transport proved. */
  readonly peer: string
  readonly [name: string]: unknown
}

interface Line {
  readonly level: keyof Logger
  readonly message: string
  fields: PeerFields
  /** How often it came in this window without being written. */
  times: number
}

/**
 * Writes lines about what peers do at a limited rate, since a peer decides how often it does something. The first line of a
 * peer is written at once. Equal ones of the same peer within a second become one line with their number as `times`; of
 * many peers, ten are written and the others share a line with their number as `peers`.
 */
export class PeerLog {
  readonly #logger: Logger | undefined
  /** Of the current window, by level, message and peer. */
  #lines = new Map<string, Line>()
  #written = 0
  /** Lines about peers beyond those that are told apart, by level and message. */
  #others = new Map<string, Line>()
  #stopTimer: (() => void) | undefined

  /** @param logger one that does not throw, as `guardLogger` returns */
  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  write(level: keyof Logger, fields: PeerFields, message: string): void {
    if (this.#logger === undefined) return
    this.#stopTimer ??= this.#startWindow()
    const key = `${level}\n${message}\n${fields.peer}`
    const known = this.#lines.get(key)
    if (known !== undefined) return count(known, fields)
    if (this.#lines.size >= MAX_PEERS) {
      const shared = this.#others.get(`${level}\n${message}`)
      if (shared !== undefined) return count(shared, fields)
      this.#others.set(`${level}\n${message}`, { level, message, fields, times: 1 })
      return
    }
    const isWritten = this.#written < MAX_LINES
    this.#lines.set(key, { level, message, fields, times: isWritten ? 0 : 1 })
    if (!isWritten) return
    this.#written++
    this.#logger[level](fields, message)
  }

  /** Writes what was counted, at the end of what writes lines. */
  flush(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const counted = [...this.#lines.values()].filter(({ times }) => times > 0)
    const others = [...this.#others.values()]
    this.#lines = new Map()
    this.#others = new Map()
    this.#written = 0
    for (const { level, message, fields, times } of counted.slice(0, MAX_LINES))
      this.#logger?.[level](times === 1 ? fields : { ...fields, times }, message)
    this.#writeShared(counted.slice(MAX_LINES), others)
  }

  /** Writes one line for each level and message, about several peers. */
  #writeShared(lines: readonly Line[], others: readonly Line[]): void {
    const shared = new Map<string, Line & { peers: number }>()
    for (const line of [...lines, ...others]) {
      const key = `${line.level}\n${line.message}`
      const sum = shared.get(key)
      if (sum === undefined) shared.set(key, { ...line, peers: 1 })
      else {
        sum.times += line.times
        sum.peers++
      }
    }
    for (const { level, message, fields, times, peers } of shared.values())
      this.#logger?.[level](peers === 1 && times === 1 ? fields : { ...fields, times, peers }, message)
  }

  #startWindow(): () => void {
    return runNeutral(() => runAt(epochNow() + WINDOW_MS, () => this.flush(), { unref: true }))
  }
}

function count(line: Line, fields: PeerFields): void {
  line.fields = fields
  line.times++
}
