/** The levels of log lines by the words of `ASTER_LOG_LEVEL`, with numbers for their order. */
export const LEVELS = { debug: 20, info: 30, warning: 40, error: 50 } as const

export type Level = keyof typeof LEVELS

/** One line of the log: plain data without secrets. */
export interface LogRecord {
  /** The time in ISO 8601. */
  readonly ts: string
  readonly level: Level
  /** The part of the program that writes the line: `aster.client`, `aster.server`. */
  readonly logger: string
  readonly msg: string
  readonly [field: string]: unknown
}
