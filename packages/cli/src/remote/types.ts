import type { AsterClient, Description, MethodDescription, ServiceDescription, ServiceSummary } from '@aster/client'
import { ReflectionService } from '@aster/reflection'
import { nearest, printable } from '@aster/rpc-core/schema'
import type { Command } from 'commander'
import { CliError, usageError } from '../cli-error.ts'
import { loadDescription } from '../gen/load-description.ts'
import type { CommandIo } from '../io.ts'
import { warn } from '../output/print.ts'

/** Where the types of services come from. */
export interface TypeFlags {
  readonly types?: string
  readonly python?: string
}

export function addTypeFlags(command: Command): Command {
  return command
    .option(
      '--types <source>',
      'the types, if the producer does not tell them: definitions (file.js, file.ts), a module of Python (module:Class), or a manifest or description (file.json)',
    )
    .option(
      '--python <path>',
      'the Python that has aster-rpc, for a module (default: of the virtual environment, else python3)',
    )
}

/** Loads the types that `--types` names. */
async function loadTypes(io: CommandIo, { types, python }: TypeFlags): Promise<Description | undefined> {
  if (types === undefined) return undefined
  const { description, warnings } = await loadDescription(io, [types], { python })
  warn(io, warnings)
  return description
}

function hasReflection(services: readonly ServiceSummary[]): boolean {
  const { name, version } = ReflectionService
  return services.some((one) => one.name === name && one.version === version)
}

/** Returns the types of `--types`, else those that the producer tells, else `undefined`. */
export async function findTypes(
  io: CommandIo,
  client: AsterClient,
  {
    flags,
    services,
    signal,
  }: { readonly flags: TypeFlags; readonly services?: readonly string[]; readonly signal?: AbortSignal | undefined },
): Promise<Description | undefined> {
  const loaded = await loadTypes(io, flags)
  if (loaded !== undefined || !hasReflection(client.services)) return loaded
  return client.describe({ ...(services && { services }), signal })
}

/** What `Service` or `Service.method` names. */
export interface Target {
  readonly service: ServiceSummary
  /** The wire name. */
  readonly method: string | undefined
}

/**
 * Finds what `Service[.method]` names among the services that are offered. Names of services may have dots.
 *
 * @throws CliError that names the nearest
 */
export function findTarget(offered: readonly ServiceSummary[], text: string, version?: number): Target {
  const dot = text.lastIndexOf('.')
  const candidates: readonly (readonly [string, string | undefined])[] =
    dot < 1
      ? [[text, undefined]]
      : [
          [text, undefined],
          [text.slice(0, dot), text.slice(dot + 1)],
        ]
  for (const [name, method] of candidates) {
    const found = offered.filter((one) => one.name === name && (version === undefined || one.version === version))
    const [newest] = found.toSorted((a, b) => b.version - a.version)
    if (newest !== undefined) return { service: newest, method: method === '' ? undefined : method }
  }
  const names = [...new Set(offered.map(({ name }) => name))]
  const wanted = dot < 1 ? text : text.slice(0, dot)
  const meant = nearest(wanted, names) ?? nearest(text, names)
  const hint =
    meant === undefined
      ? `it offers ${
          names
            .slice(0, 20)
            .map((one) => printable(one))
            .join(', ') || 'none'
        }`
      : `did you mean ${printable(meant)}?`
  const label = version === undefined ? printable(wanted) : `${printable(wanted)} v${version}`
  throw new CliError(`the producer offers no service ${label}; ${hint}`, { usage: true, help: false })
}

/** Returns the description of a service that is offered; `undefined` if it is not described. */
export function findService(
  description: Description | undefined,
  { name, version }: ServiceSummary,
): ServiceDescription | undefined {
  return description?.services.find((one) => one.name === name && one.version === version)
}

/** @throws CliError for a method that a described service does not have */
export function findMethod(service: ServiceDescription, wireName: string): MethodDescription {
  const found = service.methods.find((one) => one.wireName === wireName)
  if (found !== undefined) return found
  const byCode = service.methods.find((one) => one.name === wireName)
  const meant =
    byCode?.wireName ??
    nearest(
      wireName,
      service.methods.map((one) => one.wireName),
    )
  const hint = meant === undefined ? `see aster describe` : `did you mean ${printable(meant)}?`
  throw new CliError(`service ${printable(service.name)} has no method ${printable(wireName)}; ${hint}`, {
    usage: true,
    help: false,
  })
}

export function parseVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError('--service-version', 'expected a positive integer')
  return Number(text)
}
