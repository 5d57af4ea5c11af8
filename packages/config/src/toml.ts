import { describe, nearest, quoted } from '@aster/rpc-core/schema'
import { parse, TomlError } from 'smol-toml'
import { type FieldName, fieldNames, fields } from './fields.ts'
import { LayerReader, type Reading } from './layer.ts'
import { type Refused, refused } from './refused.ts'
import { tomlLines } from './toml-lines.ts'

/** A TOML file. */
export interface TomlSource {
  /** The name of the file in messages. */
  readonly path: string
  /** The content of the file. */
  readonly text: string
}

type Setting = FieldName | { readonly name: string; readonly refused: Refused }

const sections = new Map<string, Map<string, Setting>>()
for (const name of fieldNames) add(fields[name].toml, name)
for (const [name, setting] of Object.entries(refused)) add(setting.toml, { name, refused: setting })

/** Reads `aster.toml`. An unknown section or key is a mistake. */
export function readToml({ path, text }: TomlSource): Reading {
  const reader = new LayerReader()
  const document = parseToml(path, text, reader)
  if (document === undefined) return reader
  const lineOf = tomlLines(text)
  const sourceOf = (section: string, key?: string): string => {
    const line = lineOf(section, key)
    return line === undefined ? path : `${path}:${line}`
  }
  const addMistake = (keys: readonly [string] | readonly [string, string], found: string, expected: string): void => {
    const field = keys.map((part) => bareOrQuoted(part)).join('.')
    reader.issues.push({ field, source: sourceOf(keys[0], keys[1]), found, expected })
  }

  for (const [section, table] of Object.entries(document)) {
    const settings = sections.get(section)
    if (settings === undefined) {
      const found = `a ${isTable(table) ? 'section' : 'key'} that is not known`
      addMistake([section], found, homeOf(section) ?? sectionFor(section))
    } else if (!isTable(table)) {
      addMistake([section], describe(table), `a table: [${section}]`)
    } else {
      for (const [key, value] of Object.entries(table)) {
        const setting = settings.get(key)
        const raw = { form: 'value', found: value, origin: sourceOf(section, key) } as const
        if (setting === undefined)
          addMistake([section, key], 'a key that is not known', homeOf(key) ?? keyFor(section, settings, key))
        else if (typeof setting === 'string') reader.add(setting, raw)
        else reader.addRefused(setting.name, setting.refused, raw)
      }
    }
  }
  return reader
}

function parseToml(path: string, text: string, reader: LayerReader): object | undefined {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' })
  } catch (error) {
    const known = error instanceof TomlError
    // The rest of the message quotes the document, which may contain secrets. For the same reason the error is not the `cause`.
    const reason = known ? (error.message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '') : 'no TOML'
    const source = known ? `${path}:${error.line}` : path
    reader.issues.push({ field: '', source, found: reason, expected: 'TOML' })
    return undefined
  }
}

function add(toml: readonly [section: string, key: string] | undefined, setting: Setting): void {
  if (toml === undefined) return
  const [section, key] = toml
  const settings = sections.get(section) ?? new Map<string, Setting>()
  sections.set(section, settings.set(key, setting))
}

function sectionFor(name: string): string {
  const meant = nearest(name, sections.keys())
  return (meant === undefined ? [...sections.keys()] : [meant]).map((section) => `[${section}]`).join(', ')
}

function keyFor(section: string, settings: ReadonlyMap<string, Setting>, name: string): string {
  const meant = nearest(name, settings.keys())
  const setting = meant === undefined ? undefined : settings.get(meant)
  if (typeof setting === 'object') return `${meant} in [${section}], which is refused: ${setting.refused.reason}`
  const honoured = [...settings.keys()].filter((key) => typeof settings.get(key) === 'string')
  return `${meant ?? honoured.join(', ')} in [${section}]`
}

/** Returns the right place of a key in the wrong section. */
function homeOf(key: string): string | undefined {
  const section = [...sections].find(([, settings]) => settings.has(key))?.[0]
  return section && `${key} in [${section}]`
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
}

function bareOrQuoted(key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? key : quoted(key)
}
