import { readdirSync, readFileSync } from 'node:fs'

/** One thing that was seen on a stream: `c` is the consumer, `s` the producer. */
export interface Step {
  readonly dir: 'c>s' | 's>c' | 'c:finish' | 'c:stop' | 's:end' | 's:open'
  readonly flags?: number
  /** A frame's payload. */
  readonly hex?: string
  /** Bytes that are no frame. */
  readonly raw?: string
  /** How often the frame came. @default 1 */
  readonly times?: number
  /** The payload as a reader understands it; all that there is of a large one. */
  readonly value?: Readonly<Record<string, unknown>>
  readonly code?: number
}

/** A conversation of a Python consumer and a Python producer. */
export interface Conversation {
  readonly name: string
  readonly mode: 'xlang' | 'json'
  readonly streams: readonly (readonly Step[])[]
  readonly consumer_result: {
    readonly value?: unknown
    readonly error?: { readonly code: number; readonly message: unknown; readonly details: unknown }
  }
}

const folder = new URL('../../fixtures/traces/', import.meta.url)

/** The conversations of a file, by the scenario that it is named after. */
export function conversations(): { readonly part: string; readonly all: readonly Conversation[] }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      part: name.slice(0, -'.json'.length),
      all: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Conversation[],
    }))
}
