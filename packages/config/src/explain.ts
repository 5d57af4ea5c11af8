import { isBytes } from '@aster/rpc-core/schema'
import { type FieldName, fieldNames, fields } from './fields.ts'
import type { Entry } from './layer.ts'
import type { IdentityFilePlace } from './identity-file.ts'
import { MASK } from './show.ts'

/** One field of a configuration, as it may be shown to people. */
export interface ConfigRow {
  /** The name of the field. */
  readonly field: FieldName
  /** The value: `undefined` if not set, `****` for a secret, and `inf` for `Infinity`, which JSON cannot express. */
  readonly value: string | number | boolean | readonly string[] | undefined
  /**
   * The source of the value: `option relayMode`, `.aster-identity peers[0]`, `ASTER_RELAY_MODE`, `aster.toml:12` or
   * `default`.
   */
  readonly source: string
  /** Shown if the value is not set: the absolute path of the identity file that is used, or would be used if it existed. */
  readonly instead?: string
}

export function explainFields(
  entries: ReadonlyMap<FieldName, Entry>,
  place: IdentityFilePlace | undefined,
): readonly ConfigRow[] {
  return Object.freeze(
    fieldNames.map((field) => {
      const entry = entries.get(field)
      const row = { field, value: shownValue(field, entry), source: entry?.origin ?? 'default' }
      if (field !== 'identityFile' || entry !== undefined || place === undefined) return Object.freeze(row)
      return Object.freeze({ ...row, instead: place.found ? place.path : `${place.path}, which is not there` })
    }),
  )
}

/** Returns the rows as an aligned table of three columns, one line for each row. */
export function formatExplanation(rows: readonly ConfigRow[]): string {
  const cells = rows.map((row) => [row.field, valueText(row), row.source])
  const [first = 0, second = 0] = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map(([field = '', value = '', source = '']) => `${field.padEnd(first)}  ${value.padEnd(second)}  ${source}`)
    .join('\n')
}

function shownValue(field: FieldName, entry: Entry | undefined): ConfigRow['value'] {
  const value = entry === undefined ? fields[field].default : entry.value
  if (entry === undefined && value === undefined) return undefined
  if (value === undefined || fields[field].secret || isBytes(value)) return MASK
  return value === Infinity ? 'inf' : value
}

function valueText({ field, value, instead }: ConfigRow): string {
  if (value === undefined) return `(${instead ?? fields[field].otherwise?.replaceAll('`', '') ?? 'not set'})`
  return typeof value === 'object' ? value.join(', ') : String(value)
}
