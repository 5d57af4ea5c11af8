import { readdirSync, readFileSync } from 'node:fs'

/** One event on a stream: `c` is the consumer, `s` the producer. */
export interface Step {
  readonly dir: 'c>s' | 's>c' | 'c:finish' | 'c:stop' | 's:end' | 's:open'
  readonly flags?: number
  /** The payload of a frame. */
  readonly hex?: string
  /** Bytes that are no frame. */
  readonly raw?: string
  /** The number of times that the frame came. @default 1 */
  readonly times?: number
  /** The decoded payload; of a large payload only this is recorded. */
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

/** Returns the conversations of all files, by the scenario after which a file is named. */
export function conversations(): { readonly part: string; readonly all: readonly Conversation[] }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      part: name.slice(0, -'.json'.length),
      all: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Conversation[],
    }))
}
