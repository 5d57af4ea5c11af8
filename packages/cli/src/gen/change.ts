/** A difference between two descriptions of the same services. */
export interface Change {
  /** The method, field or type that changed: `Shop.find`, `Order.quantity`. */
  readonly subject: string
  /** The change: `added`. */
  readonly change: string
  /** Whether calls fail or change their meaning while one side has the older definition. */
  readonly breaks: boolean
  /** The reason why the change breaks peers or does not. */
  readonly reason: string
}

/** Formats a change as one line. */
export function formatChange({ subject, change, breaks, reason }: Change): string {
  return `${subject}: ${change}; ${breaks ? 'breaks peers' : 'breaks no peer'}: ${reason}`
}

/** The use of a type in messages, on which the effect of a change depends. */
export interface Use {
  readonly side: 'request' | 'response'
  /** Whether messages are in XLANG, where both sides must have the same structs. */
  readonly xlang: boolean
  readonly json: boolean
}

/** Adds a change: its subject, the change, and whether and why it breaks peers. */
export type AddChange = (subject: string, change: string, verdict: readonly [breaks: boolean, reason: string]) => void

/** Formats a value of a definition. */
export function showJson(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
