import { env as processEnv } from 'node:process'
import { nearest, quoted } from '@aster/rpc-core/schema'
import { fieldNames, fields } from './fields.ts'
import { LayerReader, type Reading } from './layer.ts'
import { ignoredVariables, refused } from './refused.ts'
import { isServiceLink, serviceLinksNote } from './service-links.ts'
import { show } from './show.ts'

/** Variables of an environment, by name. A variable may be `undefined`, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

const settingVariables = new Set(fieldNames.map((name) => fields[name].env))

const known = [...settingVariables, ...Object.values(refused).flatMap(({ env }) => env ?? []), ...ignoredVariables]

/** The last reading of the variables of the process, and those variables. */
let ofProcess: { readonly variables: readonly unknown[]; readonly reading: Reading } | undefined

/**
 * Reads the variables of the process. Returns the last reading again if its variables have not changed, because each client and
 * each server reads them.
 */
export function readProcessEnvironment(): Reading {
  const variables = readVariables()
  if (ofProcess?.variables.length !== variables.length || ofProcess.variables.some((one, i) => one !== variables[i]))
    ofProcess = { variables, reading: readEnvironment(processEnv) }
  return ofProcess.reading
}

/** Returns the names and values of the variables that a reading depends on: `~` stands for the home folder. */
function readVariables(): readonly unknown[] {
  const names = Object.keys(processEnv).filter((name) => /^aster_/i.test(name))
  return [processEnv['HOME'], processEnv['USERPROFILE'], ...names.flatMap((name) => [name, processEnv[name]])]
}

/**
 * Reads the variables of an environment. Values are trimmed, and a blank value counts as not set. An unknown `ASTER_…` variable
 * is a mistake if its name is close to a known one; otherwise it may belong to another program and is a warning. Variables that
 * Kubernetes sets for a Service are ignored, with one note for all of them.
 */
export function readEnvironment(given: Environment): Reading {
  const reader = new LayerReader()
  if (typeof given !== 'object' || given === null) {
    reader.issues.push({ field: '', source: 'environment', found: show(given), expected: 'an object of variables' })
    return reader
  }
  const { env, links } = withoutServiceLinks(given)
  if (links.length > 0) reader.notes.push(serviceLinksNote(links))
  for (const name of fieldNames) {
    const variable = fields[name].env
    const found = valueOf(env, variable)
    if (found !== undefined) reader.add(name, { form: 'text', found, origin: variable })
  }
  for (const [name, setting] of Object.entries(refused)) {
    const { env: variable } = setting
    const found = variable && valueOf(env, variable)
    if (variable && found !== undefined) reader.addRefused(name, setting, { form: 'text', found, origin: variable })
  }
  for (const variable of unknownVariables(env)) {
    const meant = nearest(
      variable.slice('ASTER_'.length),
      known.map((name) => name.slice('ASTER_'.length)),
    )
    if (meant === undefined) {
      reader.warnings.push(`${quoted(variable)} is not known to Aster, and is ignored`)
    } else {
      reader.issues.push({
        field: variable,
        source: 'environment',
        found: 'a variable that is not known',
        expected: expectedInstead(`ASTER_${meant}`),
      })
    }
  }
  return reader
}

/**
 * Separates the variables that Kubernetes sets for a Service. A variable with the name of a setting is never separated by its
 * value alone.
 */
function withoutServiceLinks(given: Environment): { readonly env: Environment; readonly links: readonly string[] } {
  const isLink = (name: string): boolean =>
    /^aster_/i.test(name) && !settingVariables.has(name) && isServiceLink(name, given[name])
  const links = Object.keys(given).filter((name) => isLink(name))
  if (links.length === 0) return { env: given, links }
  return { env: Object.fromEntries(Object.entries(given).filter(([name]) => !links.includes(name))), links }
}

function valueOf(env: Environment, variable: string): unknown {
  const found: unknown = Object.hasOwn(env, variable) ? env[variable] : undefined
  return typeof found === 'string' ? found.trim() || undefined : found
}

function expectedInstead(variable: string): string {
  const setting = Object.values(refused).find(({ env }) => env === variable)
  return setting === undefined ? variable : `${variable}, which is refused: ${setting.reason}`
}

/**
 * Returns the unknown `ASTER_…` variables. On Windows, which ignores case, a known variable in another case is set under its
 * own name as well.
 */
function unknownVariables(env: Environment): string[] {
  return Object.keys(env).filter((variable) => {
    if (!/^aster_/i.test(variable) || known.includes(variable)) return false
    const upper = variable.toUpperCase()
    return valueOf(env, variable) !== undefined && !(known.includes(upper) && env[upper] === env[variable])
  })
}
