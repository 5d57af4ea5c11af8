import { nearest, quoted } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'

/** A table of TOML or an object of JSON, as it was parsed. */
export type Table = Readonly<Record<string, unknown>>

/** Where a table stands. */
export interface TablePlace extends SourceOptions {
  /** Stands before the names of the table's keys in errors: `peers[0].`. */
  readonly at: string
}

/** @throws IdentityError for a key that is not among `known`; it names the one that may be meant */
export function assertKnownKeys(table: Table, known: readonly string[], { at, source }: TablePlace): void {
  const key = Object.keys(table).find((name) => !known.includes(name))
  if (key === undefined) return
  const name = /^[\w.-]{1,60}$/.test(key) ? key : quoted(key)
  const expected = nearest(key, known) ?? `one of ${known.join(', ')}`
  throw new IdentityError({ field: at + name, source, expected, found: `the unknown key ${quoted(key)}` })
}
