import type { ServiceSummary } from '@aster/admission'
import { type Description, parseDescription } from '@aster/description'
import type { ClientOptions, DynamicService } from '@aster/rpc-client'
import {
  AsterError,
  type Codec,
  type Compression,
  type ServiceDefinition,
  type ServiceScope,
  type Transport,
} from '@aster/rpc-core'
import { chooseCodec, dynamicCodec, statusCodecFor } from './choose-codec.ts'
import { assertContract, contractHint } from './contract-check.ts'
import { DescribedServices } from './described/described-services.ts'
import { ServiceNotFoundError } from './errors.ts'
import type { DynamicClientOptions, ResolvedClientOptions, ServiceClientOptions } from './options.ts'
import { assertChannelAllowed, channelAddress, findService, type Route } from './route.ts'
import type { Admission } from './target-options.ts'
import type { TargetPool } from './target-pool.ts'

/** The parts of a connected client that its calls use. */
export interface ConnectedClient {
  readonly options: ResolvedClientOptions
  readonly targets: TargetPool
  readonly admission: Admission
  readonly compression: Compression
  readonly transport: Transport
  /** The services that the producer has described, if it was asked. */
  readonly described?: DescribedServices | undefined
}

/**
 * Dials for the first call, and returns the options for calls of a service by its definition.
 *
 * @throws ServiceNotFoundError if the service is not offered in this version, or not on this channel
 * @throws AsterError if the producer offers the service with another scope
 * @throws ContractMismatchError if `strictContract` is set and the producer has another contract
 */
export function bindService(
  client: ConnectedClient,
  definition: ServiceDefinition,
  own: ServiceClientOptions,
): ClientOptions {
  const { options, admission } = client
  const { name, version, scope } = definition
  const route = { service: name, version, channel: chooseChannel(client, own) }
  const summary = findService(route, admission.services)
  if (summary === undefined) throw new ServiceNotFoundError(name, version, admission.services)
  if (summary.pattern !== scope) {
    throw new AsterError(
      `service '${name}': the producer offers it as '${summary.pattern}', and its definition here says '${scope}'`,
    )
  }
  if (options.strictContract === true) assertContract(definition, summary)
  const codec = own.codec ?? options.codec ?? chooseCodec(summary)
  const bound = callOptions(client, { route, summary, codec, own })
  // Computed during the dial, because a contract id takes many hashes.
  const hint = contractHint(definition, summary)
  if (hint !== undefined) options.logger?.info({ service: name, version }, hint)
  // Computed for each error, because a later admission may have another contract.
  const mismatchHint = (): string | undefined =>
    firstDefined(client.targets.offers(route), (offered) => contractHint(definition, offered))
  return { ...bound, mismatchHint }
}

/** A service without a definition, and the options for its calls. */
export interface BoundDynamicService {
  readonly service: DynamicService
  readonly options: ClientOptions
}

/**
 * Dials for the first call, and returns a service by its name, with the version that is called and the options for its calls. The codec is JSON unless the
 * types of the service are known.
 *
 * @throws ServiceNotFoundError if the service is not offered, not in the version of `own`, or not on this channel
 * @throws AsterError if the name is not a non-empty string, or the producer offers the service with another scope
 */
export function bindDynamicService(
  client: ConnectedClient,
  { name, scope }: { readonly name: string; readonly scope: ServiceScope },
  own: DynamicClientOptions,
): BoundDynamicService {
  const { services } = client.admission
  if (typeof name !== 'string' || name === '') throw new AsterError('expected the name of a service')
  const versions = services.filter((one) => one.name === name).map((one) => one.version)
  const version = own.version ?? Math.max(...versions)
  const route = { service: name, version, channel: chooseChannel(client, own) }
  const summary = findService(route, services)
  if (summary === undefined) throw new ServiceNotFoundError(name, own.version, services)
  if (summary.pattern !== scope) {
    const other = scope === 'shared' ? 'dynamicSession()' : 'dynamic()'
    throw new AsterError(`service '${name}': the producer offers it as '${summary.pattern}': use ${other}`)
  }
  const described = describedServices(client, own.description)?.find(summary)
  const options = callOptions(client, { route, summary, codec: described?.codec ?? dynamicCodec, own })
  return { service: { name, version, definition: described?.definition }, options }
}

/** Caches the definitions of each description. */
const described = new WeakMap<Description, DescribedServices>()

function describedServices(
  client: ConnectedClient,
  description: Description | undefined,
): DescribedServices | undefined {
  if (description === undefined) return client.described
  const known = described.get(description) ?? new DescribedServices(parseDescription(description))
  described.set(description, known)
  return known
}

function firstDefined<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

function chooseChannel({ options }: ConnectedClient, own: { channel?: string | undefined }): string {
  return own.channel ?? options.channelName ?? 'rpc'
}

interface Binding {
  readonly route: Route
  readonly summary: ServiceSummary
  readonly codec: Codec
  readonly own: Pick<ServiceClientOptions, 'interceptors'>
}

function callOptions(
  { options, targets, admission, compression, transport }: ConnectedClient,
  { route, summary, codec, own }: Binding,
): ClientOptions {
  // Looked up now, so that a missing channel throws here and not in the first call.
  const { service, channel } = route
  const admittedAt = admission.address
  const address = channelAddress(summary, channel, admittedAt)
  assertChannelAllowed({ allowedChannels: options.allowedChannels, service, channel, address, admittedAt })
  targets.dialAhead(address)
  return {
    connection: () => targets.acquire(route),
    codec,
    compression,
    compressAbove: transport.compressAbove,
    interceptors: [...(options.interceptors ?? []), ...(own.interceptors ?? [])],
    timeoutMs: options.timeoutMs,
    maxMessageBytes: options.maxMessageBytes,
    statusCodec: statusCodecFor(codec),
    logger: options.logger,
  }
}
