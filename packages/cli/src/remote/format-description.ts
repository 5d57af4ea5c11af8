import type {
  Description,
  EnumDescription,
  FieldDescription,
  MethodDescription,
  ServiceDescription,
  ServiceSummary,
  StructDescription,
} from '@aster/client'
import { namedTypesIn } from '@aster/description'
import { columns, facts } from '../output/columns.ts'
import { escapeControls, formatCell } from '../output/escape.ts'
import type { Style } from '../output/style.ts'
import { exampleOf } from './example.ts'
import { formatSignature, formatType, KINDS } from './format-type.ts'
import { formatJsonLine } from './json-text.ts'

export function formatSummary({ name, version, pattern }: ServiceSummary, style: Style): string {
  return `${style.dim('service')} ${style.bold(formatCell(name))} v${version}  ${pattern}`
}

export function formatService(service: ServiceDescription, summary: ServiceSummary, style: Style): string {
  const rows = service.methods.map((method) => [
    `  ${style.bold(formatCell(method.wireName))}${formatSignature(method)}`,
    style.dim(firstLine(method.doc)),
  ])
  return [
    formatSummary(summary, style),
    ...docLines(service.doc, '  '),
    ...(service.requires === undefined ? [] : [`  requires ${formatRule(service.requires)}`]),
    ...(rows.length === 0 ? ['  no methods'] : [columns(rows)]),
  ].join('\n')
}

interface MethodPage {
  readonly service: ServiceDescription
  readonly method: MethodDescription
  readonly description: Description
  /** The words before the target in the example: `aster call ADDRESS`; empty in a shell. */
  readonly command: string
}

export function formatMethodPage({ service, method, description, command }: MethodPage, style: Style): string {
  const label = `${formatCell(service.name)}.${formatCell(method.wireName)}`
  const rules = [service.requires, method.requires].filter((rule) => rule !== undefined).map(formatRule)
  const types = new Map(description.types.map((type) => [type.name, type]))
  const named = namedTypesIn([method.request, method.response], types)
  const request = formatJsonLine(exampleOf(method.request, description))
  return [
    `${style.bold(label)}${formatSignature(method)}`,
    ...docLines(method.doc, '  '),
    facts(style, [
      ['  kind', KINDS[method.kind]],
      ['  scope', service.scope],
      ['  idempotent', method.idempotent === true ? 'yes' : undefined],
      ['  timeout', method.timeoutMs === undefined ? undefined : `${method.timeoutMs} ms`],
      ['  requires', rules.length === 0 ? undefined : rules.join(', and ')],
    ]),
    '',
    ...named.flatMap((type) => [type.kind === 'struct' ? formatStruct(type, style) : formatEnum(type, style), '']),
    style.dim('example'),
    command === ''
      ? `  ${service.name}.${method.wireName} ${request}`
      : `  ${command} ${shellQuote(`${service.name}.${method.wireName}`)} ${shellQuote(request)}`,
  ].join('\n')
}

function formatStruct({ name, tag, fields, doc }: StructDescription, style: Style): string {
  const rows = fields.map((field) => [
    `  ${formatCell(field.wireName)}`,
    formatType(field.type),
    formatDefault(field),
    style.dim(firstLine(field.doc)),
  ])
  const head = `${style.dim('struct')} ${style.bold(formatCell(name))}  ${style.dim(formatCell(tag))}`
  return [head, ...docLines(doc, '  '), rows.length === 0 ? '  no fields' : columns(rows)].join('\n')
}

function formatDefault({ default: value }: FieldDescription): string {
  return value === undefined ? '' : `= ${formatCell(JSON.stringify(value))}`
}

function formatEnum({ name, tag, members, doc }: EnumDescription, style: Style): string {
  const rows = members.map((member) => [
    `  ${formatCell(member.name)}`,
    formatCell(JSON.stringify(member.value)),
    style.dim(firstLine(member.doc)),
  ])
  return [
    `${style.dim('enum')} ${style.bold(formatCell(name))}  ${style.dim(formatCell(tag))}`,
    ...docLines(doc, '  '),
    columns(rows),
  ].join('\n')
}

function formatRule({ kind, roles }: NonNullable<ServiceDescription['requires']>): string {
  const names = roles.map(formatCell).join(', ')
  return kind === 'role' ? `role ${names}` : `${kind === 'anyOf' ? 'any of' : 'all of'} ${names}`
}

/** The largest number of lines of documentation that are shown. */
const MAX_LINES = 40

function docLines(doc: string | undefined, indent: string): string[] {
  if (doc === undefined || doc.trim() === '') return []
  const lines = doc.trim().split(/\r\n|[\n\r]/)
  const shown = lines.slice(0, MAX_LINES).map((line) => `${indent}${escapeControls(line)}`.trimEnd())
  return lines.length > MAX_LINES ? [...shown, `${indent}…`] : shown
}

const firstLine = (doc: string | undefined): string => formatCell((doc ?? '').trim().split(/\r\n|[\n\r]/)[0] ?? '')

/** Quotes a word for a POSIX shell. Its control characters are escaped later, when the line is printed. */
export function shellQuote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
