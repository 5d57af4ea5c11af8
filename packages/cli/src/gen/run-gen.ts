import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  describedContractId,
  type DescribedService,
  type Description,
  parseDescription,
  toDefinitions,
} from '@aster/description'
import { describeSystemError, errorMessage, escapeUnprintable } from '@aster/rpc-core/schema'
import { CliError, usageError } from '../cli-error.ts'
import type { ClientFlags } from '../client-options.ts'
import { type FileRef, makeFolder, resolveFile } from '../files.ts'
import { type Change, formatChange } from './change.ts'
import { compareDescriptions } from './changes.ts'
import { isAddress } from './describe-producer.ts'
import { type Loaded, loadDescription } from './load-description.ts'
import { writePython } from './python.ts'
import { readTypeScript } from './read-typescript.ts'
import { writeTypeScript } from './typescript.ts'
import { withoutUnnamed } from './unnamed.ts'
import type { CommandIo } from '../io.ts'
import { escapeControls } from '../output/escape.ts'
import { print, warn } from '../output/print.ts'
import { describePython } from '../python-script.ts'

/** The options of `aster gen`. */
export interface GenOptions extends ClientFlags {
  readonly out?: string
  readonly python?: string
  readonly lang: 'typescript' | 'python' | 'json'
  readonly import: '@aster/client' | '@aster/rpc-core'
  readonly check?: boolean
}

/** Runs `aster gen`. */
export async function runGen(io: CommandIo, sources: readonly string[], options: GenOptions): Promise<void> {
  if (options.check === true && options.out === undefined)
    throw usageError('--check', 'expected --out, the file to check')
  const loaded = await loadDescription(io, sources, { python: options.python, client: options })
  const ids = compareIds(loaded)
  warn(io, [...loaded.warnings, ...ids.filter(({ equal }) => equal === false).map(formatId)])
  const { description } = loaded
  const code = write(description, options, sources)
  const summary = { services: ids, types: description.types.length }
  if (options.out === undefined) {
    if (io.json) print(io, { result: { code, ...summary }, format: () => code })
    else io.stdout.write(code)
    return
  }
  const file = resolveFile(io, '--out', options.out)
  const found = read(file)
  if (options.check === true) return check(io, { file, found, code, loaded, options })
  const isChanged = found !== code
  if (isChanged) save(file, code)
  const what = `${count(ids.length, 'service')}, ${count(description.types.length, 'type')}`
  print(io, {
    result: { file: file.name, changed: isChanged, ...summary },
    format: () => `${escapeControls(file.name)} ${isChanged ? 'written' : 'is up to date'}: ${what}`,
  })
}

interface ComparedId {
  readonly name: string
  readonly version: number
  /** The contract id of the generated definition. */
  readonly contractId: string
  /** Whether the source has the same id; null if the source has none. */
  readonly equal: boolean | null
  /** The types that cause the difference, because they have no name in Python's contract ids. */
  readonly unnamed: readonly string[]
}

/** Returns the contract id of each service, computed from the generated definition, and whether the source has the same id. */
function compareIds({ description }: Loaded): readonly ComparedId[] {
  const definitions = toDefinitions(description)
  return definitions.services.map((service) => {
    const { name, version, contractId: told } = service.description
    const contractId = describedContractId(definitions, service)
    const equal = told === undefined ? null : told === contractId
    return { name, version, contractId, equal, unnamed: equal === false ? explainDifference(description, service) : [] }
  })
}

/** Returns the types that Python's ids have no name for, if the ids are equal apart from these types. */
function explainDifference(whole: Description, { description }: DescribedService): readonly string[] {
  const { without, found } = withoutUnnamed(whole, description)
  const inPython = toDefinitions(without)
  const [same] = inPython.services
  return same !== undefined && describedContractId(inPython, same) === description.contractId ? found : []
}

function formatId({ name, contractId, unnamed }: ComparedId): string {
  const shown = `${contractId.slice(0, 16)}…`
  return unnamed.length > 0
    ? `the contract id of ${name}, ${shown}, is not Python's, which has no name for the types of ${unnamed.join(', ')}`
    : `the contract id of ${name}, ${shown}, is not that of its source: errors may hint at it`
}

function write(description: Description, { lang, import: importFrom }: GenOptions, sources: readonly string[]): string {
  if (lang === 'json') return `${escapeUnprintable(JSON.stringify(description, undefined, 2))}\n`
  const flags = [
    ...(lang === 'python' ? ['--lang python '] : []),
    ...(importFrom === '@aster/rpc-core' && lang === 'typescript' ? ['--import @aster/rpc-core '] : []),
  ]
  const heading = `Made by \`aster gen ${flags.join('')}${escapeControls(nameSources(sources))}\`. Do not edit: make it again.`
  return lang === 'python' ? writePython(description, heading) : writeTypeScript(description, { importFrom, heading })
}

/** Returns the sources for the heading. An address is replaced by a word, since it may change with each run of a producer. */
function nameSources([first = '', ...others]: readonly string[]): string {
  return [isAddress(first) ? 'ADDRESS' : first, ...others].join(' ')
}

function read({ name, path, exists }: FileRef): string | undefined {
  if (!exists) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError(`--out: cannot read ${name}: ${describeSystemError(error, 'read')}`)
  }
}

function save(file: FileRef, code: string): void {
  makeFolder(file)
  try {
    writeFileSync(file.path, code)
  } catch (error) {
    throw new CliError(`--out: cannot write ${file.name}: ${describeSystemError(error, 'write')}`)
  }
}

interface CheckParts {
  readonly file: FileRef
  readonly found: string | undefined
  readonly code: string
  readonly loaded: Loaded
  readonly options: GenOptions
}

async function check(io: CommandIo, { file, found, code, loaded, options }: CheckParts): Promise<void> {
  const { source } = loaded
  if (found === code) {
    print(io, {
      result: { file: file.name, upToDate: true, changes: [] },
      format: () => `${escapeControls(file.name)} is up to date with ${escapeControls(source)}`,
    })
    return
  }
  if (found === undefined) throw new CliError(`${file.name} is not there; write it without --check`)
  const { changes, problem } = await findChanges(io, { file, found, code, loaded, options })
  print(io, {
    result: { file: file.name, upToDate: false, changes },
    format: () =>
      changes.length > 0
        ? changes.map((change) => escapeControls(formatChange(change))).join('\n')
        : escapeControls(problem ?? 'only comments, names in code or the formatting differ; breaks no peer'),
  })
  const breaking = changes.filter(({ breaks }) => breaks).length
  const which = changes.length === 0 ? '' : `: ${count(changes.length, 'change')}, ${breaking} of them breaking peers`
  throw new CliError(`${file.name} is not up to date with ${source}${which}; write it without --check`)
}

interface Found {
  readonly changes: readonly Change[]
  /** The reason why the changes cannot be listed. */
  readonly problem?: string
}

/** Compares the existing file with the source. */
async function findChanges(io: CommandIo, parts: CheckParts): Promise<Found> {
  const { found = '', code, loaded, options, file } = parts
  try {
    if (options.lang === 'json')
      return { changes: compareDescriptions(parseDescription(JSON.parse(found), file.name), loaded.description) }
    if (options.lang === 'typescript')
      return { changes: compareDescriptions(readTypeScript(found), loaded.description) }
    // Python describes both, since its classes lack parts of a description.
    const [before, after] = [await readPython(io, found, options), await readPython(io, code, options)]
    return { changes: compareDescriptions(before, after) }
  } catch (error) {
    const reason = errorMessage(error).split('\n')[0] ?? ''
    return { changes: [], problem: `it is not as aster gen writes it, so that the changes cannot be listed: ${reason}` }
  }
}

/** Returns Python's description of generated code, which is written to a temporary folder for this. */
async function readPython(io: CommandIo, code: string, { python }: GenOptions): Promise<Description> {
  const folder = mkdtempSync(join(tmpdir(), 'aster-gen-'))
  try {
    writeFileSync(join(folder, 'checked.py'), code)
    const { description } = await describePython(io, [join(folder, 'checked.py')], python)
    return parseDescription(description)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
