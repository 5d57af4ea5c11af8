import type { AsterClient, DynamicClient, MethodDescription } from '@aster/client'
import { CliError, usageError } from '../cli-error.ts'
import type { CommandIo } from '../io.ts'
import { KINDS } from './format-type.ts'
import { findMethod, findService, findTarget, parseVersion } from './target.ts'
import { findTypes, type TypeFlags } from './types.ts'

export type MethodKind = MethodDescription['kind']

/** A method that the command line calls. */
export interface Callable extends AsyncDisposable {
  readonly calls: DynamicClient
  readonly service: string
  /** The wire name of the method. */
  readonly method: string
  readonly kind: MethodKind
  /** The description of the method; `undefined` if its types are not known. */
  readonly description: MethodDescription | undefined
}

export interface CallableFlags extends TypeFlags {
  readonly kind?: string
  readonly serviceVersion?: string
  readonly channel?: string
}

/**
 * Finds the method that `Service.method` names. Opens a session if the service is a session service.
 *
 * @throws CliError if the producer does not offer the method, as far as that is known before a call
 */
export async function openCallable(
  io: CommandIo,
  client: AsterClient,
  { target, flags, signal }: { readonly target: string; readonly flags: CallableFlags; readonly signal: AbortSignal },
): Promise<Callable> {
  const version = parseVersion(flags.serviceVersion)
  const { service, method } = findTarget(client.services, target, version)
  if (method === undefined)
    throw usageError('target', `expected Service.method, found the service alone; see aster describe`)
  const types = await findTypes(io, client, { flags, services: [service.name], signal })
  const described = findService(types, service)
  const description = described === undefined ? undefined : findMethod(described, method)
  const kind = description?.kind ?? parseKind(flags.kind)
  if (flags.kind !== undefined && kind !== parseKind(flags.kind))
    throw usageError('--kind', `the method is ${KINDS[kind]}`)
  const options = { version: service.version, channel: flags.channel, description: types }
  const found = { service: service.name, method, kind, description }
  if (service.pattern === 'session') {
    const calls = await client.dynamicSession(service.name, { ...options, signal })
    return { ...found, calls, [Symbol.asyncDispose]: () => calls.close() }
  }
  return { ...found, calls: client.dynamic(service.name, options), [Symbol.asyncDispose]: async () => {} }
}

function parseKind(text: string | undefined): MethodKind {
  if (text === undefined) return 'unary'
  const found = Object.entries(KINDS).find(([, word]) => word === text)
  if (found === undefined)
    throw new CliError(`--kind: expected one of ${Object.values(KINDS).join(', ')}`, { usage: true })
  return found[0] as MethodKind
}
