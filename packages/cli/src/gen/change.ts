/** A difference between two descriptions of one thing. */
export interface Change {
  /** What it is about: `Shop.find`, `Order.quantity`. */
  readonly subject: string
  /** What happened to it: `added`. */
  readonly change: string
  /** Whether calls fail, or mean something else, as long as one side has the older definition. */
  readonly breaks: boolean
  /** Why, or why not. */
  readonly reason: string
}

/** Formats a change as one line. */
export function formatChange({ subject, change, breaks, reason }: Change): string {
  return `${subject}: ${change}; ${breaks ? 'breaks peers' : 'breaks no peer'}: ${reason}`
}

/** Where a type is used, which decides what a change of it does. */
export interface Use {
  readonly side: 'request' | 'response'
  /** Whether messages are in XLANG, where both sides must have the same structs. */
  readonly xlang: boolean
  readonly json: boolean
}

/** Notes a change: its subject, what happened, and whether it breaks peers and why. */
export type AddChange = (subject: string, change: string, verdict: readonly [breaks: boolean, reason: string]) => void

/** Shows a value of a definition. */
export function showJson(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
