import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { describeServices, type Description, parseDescription } from '@aster/description'
import { AsterError, definitionOf, type EnumType, type ServiceDefinition, type StructType } from '@aster/rpc-core'
import { describeSystemError, errorMessage, isErrorLike, isObject, systemErrorCode } from '@aster/rpc-core/schema'
import { CliError, usageError } from '../cli-error.ts'
import type { ClientFlags } from '../client-options.ts'
import { resolveFile } from '../files.ts'
import type { CommandIo } from '../io.ts'
import { describePython } from '../python-script.ts'
import { readStdin } from '../stdin.ts'
import { describeProducer, isAddress } from './describe-producer.ts'
import { describeManifest } from './manifest.ts'
import { addComments } from './source-comments.ts'

/** A description, with the warnings about its source. */
export interface Loaded {
  readonly description: Description
  readonly warnings: readonly string[]
  /** The name of the source in messages: `my_services`. */
  readonly source: string
}

export interface LoadOptions {
  readonly python: string | undefined
  /** The flags for connecting to a producer. @default addresses are refused */
  readonly client?: ClientFlags
}

const CODE = /\.[cm]?[jt]s$/

/**
 * Describes the sources that the command line names: modules of Python (`module:Class`, `file.py`), a manifest or description
 * (`file.json`, `-`), definitions in JavaScript or TypeScript, or a running producer and services of it.
 */
export async function loadDescription(
  io: CommandIo,
  sources: readonly string[],
  options: LoadOptions,
): Promise<Loaded> {
  const [first = ''] = sources
  const source = sources.join(' ')
  if (options.client !== undefined && isAddress(first)) {
    const names = sources.slice(1)
    const description = await describeProducer(io, { address: first, names, flags: options.client })
    return { description, warnings: [], source: 'the producer' }
  }
  if (sources.length > 1 && sources.some((one) => isFile(one)))
    throw usageError('source', 'expected modules of Python, or one file')
  if (first === '-' || first.endsWith('.json')) return loadJson(io, first)
  if (CODE.test(first)) return { description: loadDefinitions(io, first), warnings: [], source }
  const { description, warnings, problems } = await describePython(io, sources, options.python)
  if (problems.length > 0)
    throw new CliError(`${source} cannot be used over the wire`, { lines: problems.map((problem) => `  ${problem}`) })
  return { description: parseDescription(description, source), warnings, source }
}

const isFile = (source: string): boolean => source === '-' || source.endsWith('.json') || CODE.test(source)

async function loadJson(io: CommandIo, name: string): Promise<Loaded> {
  const source = name === '-' ? 'stdin' : name
  const text = name === '-' ? await readStdin(io, 'source') : readSource(io, name)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new CliError(`${source}: expected JSON: a description, or what aster contract gen writes`)
  }
  if (isObject(value) && 'asterDescription' in value)
    return { description: parseDescription(value, source), warnings: [], source }
  return { ...describeManifest(value, source), source }
}

function readSource(io: CommandIo, name: string): string {
  const file = resolveFile(io, 'source', name)
  try {
    return readFileSync(file.path, 'utf8')
  } catch (error) {
    const found = systemErrorCode(error) === 'ENOENT' ? 'no such file' : describeSystemError(error, 'read')
    throw new CliError(`cannot read ${name}: ${found}`, { usage: true, help: false })
  }
}

/** Loads a module of definitions and describes every service that it exports. */
function loadDefinitions(io: CommandIo, name: string): Description {
  const { path } = resolveFile(io, 'source', name)
  const load = createRequire(path)
  let exported: Record<string, unknown>
  try {
    exported = load(path) as Record<string, unknown>
  } catch (error) {
    throw new CliError(`cannot load ${name}: ${loadProblem(error, name)}`)
  }
  const names = new Map<unknown, string>(Object.entries(exported).map(([key, value]) => [value, key]))
  const services = Object.entries(exported).flatMap(([key, value]) => serviceOf(value, key) ?? [])
  if (services.length === 0)
    throw new CliError(`${name} exports no service; export what defineService returns, or a class with @service`)
  for (const { key, definition } of services) names.set(definition, key)
  const description = describeServices(
    services.map(({ definition }) => definition),
    // A producer of this project publishes contract ids for XLANG.
    {
      source: name,
      serializationModes: ['xlang'],
      nameOf: (one: ServiceDefinition | StructType | EnumType) => names.get(one),
    },
  )
  return addComments(description, readSource(io, name))
}

function loadProblem(error: unknown, name: string): string {
  const code = systemErrorCode(error)
  const isSyntax = isErrorLike(error) && error.name === 'SyntaxError'
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' || (isSyntax && extname(name).endsWith('ts')))
    return `Node ${process.versions.node} does not run TypeScript; compile it, or use Node 22.18 or later`
  if (code === 'ERR_REQUIRE_ASYNC_MODULE')
    return 'it awaits at its top level; export the definitions from a file that does not'
  return errorMessage(error).split('\n')[0] ?? ''
}

function serviceOf(value: unknown, key: string): { key: string; definition: ServiceDefinition } | undefined {
  const isDefinition = isObject(value) && 'methods' in value && 'scope' in value && 'version' in value
  if (!isDefinition && typeof value !== 'function') return undefined
  try {
    return { key, definition: definitionOf(value as unknown as ServiceDefinition) }
  } catch (error) {
    if (error instanceof AsterError) return undefined
    throw error
  }
}
