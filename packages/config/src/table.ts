import { fieldNames, fields } from './fields.ts'
import { ignoredVariables, refused } from './refused.ts'

/** Every field as a Markdown table. */
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
  return table(['option', 'environment', '`aster.toml`', 'identity file', 'type', 'default', 'what it is'], rows)
}

/** Every setting of the Python package that is refused, as a Markdown table. */
export function refusedTable(): string {
  const rows = Object.values(refused).map(({ env, toml, accepts, reason }) => [
    env === undefined ? '' : `\`${env}\``,
    tomlCell(toml),
    accepts === undefined ? '' : `\`${accepts}\``,
    reason,
  ])
  const ignored = ignoredVariables.map((env) => [`\`${env}\``, '', 'anything', 'it is about Python'])
  return table(['environment', '`aster.toml`', 'accepted', 'why it is refused'], [...rows, ...ignored])
}

function tomlCell(toml: readonly [string, string] | undefined): string {
  return toml === undefined ? '' : `\`[${toml[0]}] ${toml[1]}\``
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
