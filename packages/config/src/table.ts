import { fieldNames, fields } from './fields.ts'
import { ignoredVariables, refused } from './refused.ts'

/** Returns all settings as a Markdown table. */
export function configTable(): string {
  const rows = fieldNames.map((name) => {
    const field = fields[name]
    const fallback = field.default === undefined ? (field.otherwise ?? '') : `\`${String(field.default)}\``
    const description = field.secret ? `${field.description} (secret)` : field.description
    return [
      `\`${name}\``,
      `\`${field.env}\``,
      tomlCell(field.toml),
      field.identity ?? '',
      field.kind.type,
      fallback,
      description,
    ]
  })
  return table(['option', 'environment', '`aster.toml`', 'identity file', 'type', 'default', 'meaning'], rows)
}

/** Returns the refused settings of the Python package as a Markdown table. */
export function refusedTable(): string {
  const rows = Object.values(refused).map(({ env, toml, accepts, reason }) => [
    env === undefined ? '' : `\`${env}\``,
    tomlCell(toml),
    accepts === undefined ? '' : `\`${accepts}\``,
    reason,
  ])
  const ignored = ignoredVariables.map((env) => [`\`${env}\``, '', 'any value', 'not a setting of this package'])
  return table(['environment', '`aster.toml`', 'accepted', 'reason'], [...rows, ...ignored])
}

function tomlCell(toml: readonly [string, string] | undefined): string {
  return toml === undefined ? '' : `\`[${toml[0]}] ${toml[1]}\``
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
