import { nearest, quoted } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** A table of TOML or an object of JSON, as it was parsed. */
export type Table = Readonly<Record<string, unknown>>

/** The place of a table in its file. */
export interface TablePlace extends SourceOptions {
  /** The prefix of the table's keys in errors, such as `peers[0].`. */
  readonly at: string
}

/** @throws IdentityError if a key is not among `known`. The error names the known key that may be meant */
export function assertKnownKeys(table: Table, known: readonly string[], { at, source }: TablePlace): void {
  const key = Object.keys(table).find((name) => !known.includes(name))
  if (key === undefined) return
  const name = /^[\w.-]{1,60}$/.test(key) ? key : quoted(key)
  const expected = nearest(key, known) ?? `one of ${known.join(', ')}`
  throw new IdentityError({ field: at + name, source, expected, found: `the unknown key ${quoted(key)}` })
}
