import type { ServiceSummary } from '@aster/admission'
import { JsonCodec } from '@aster/codec-json'
import type { ClientOptions, DynamicService } from '@aster/rpc-client'
import { AsterError, type Codec, type Compression, type ServiceDefinition, type ServiceScope } from '@aster/rpc-core'
import type { Admission } from './admit.ts'
import { chooseCodec, statusCodecFor } from './choose-codec.ts'
import { contractHint, demandContract } from './contract-check.ts'
import { ServiceNotFoundError } from './errors.ts'
import type { AsterClientOptions, DynamicClientOptions, ServiceClientOptions } from './options.ts'
import type { ProducerSet } from './producer-set.ts'
import { channelAddress, type Route, summaryFor } from './route.ts'

/** What calls need of a client that is connected. */
export interface CallSetting {
  readonly options: AsterClientOptions
  readonly producers: ProducerSet
  readonly admitted: Admission
  readonly compression: Compression
}

/** How calls of a defined service are made. */
export function definedCalls(
  setting: CallSetting,
  definition: ServiceDefinition,
  own: ServiceClientOptions,
): ClientOptions {
  const { options, admitted } = setting
  const { name, version, scope } = definition
  const route = routeTo(setting, name, version, own)
  const summary = summaryFor(route, admitted.services)
  if (summary === undefined) throw new ServiceNotFoundError(name, version, admitted.services)
  if (summary.pattern !== scope) {
    throw new AsterError(
      `service '${name}': the producer offers it as '${summary.pattern}', and its definition here says '${scope}'`,
    )
  }
  if (options.strictContract === true) demandContract(definition, summary)
  const mismatchHint = contractHint(definition, summary)
  if (mismatchHint !== undefined) options.logger?.info({ service: name, version }, mismatchHint)
  const codec = own.codec ?? options.codec ?? chooseCodec(summary)
  return { ...optionsFor(setting, route, summary, codec, own), mismatchHint }
}

/** How calls of a service are made of which only the name is known, and which service that is. */
export function dynamicCalls(
  setting: CallSetting,
  name: string,
  scope: ServiceScope,
  own: DynamicClientOptions,
): ClientOptions & { readonly service: DynamicService } {
  const { services } = setting.admitted
  if (typeof name !== 'string' || name === '') throw new AsterError('expected the name of a service')
  const versions = services.filter((one) => one.name === name).map((one) => one.version)
  const version = own.version ?? Math.max(...versions)
  const route = routeTo(setting, name, version, own)
  const summary = summaryFor(route, services)
  if (summary === undefined) throw new ServiceNotFoundError(name, own.version, services)
  if (summary.pattern !== scope) {
    const other = scope === 'shared' ? 'dynamicSession()' : 'dynamic()'
    throw new AsterError(`service '${name}': the producer offers it as '${summary.pattern}': use ${other}`)
  }
  return { ...optionsFor(setting, route, summary, new JsonCodec(), own), service: { name, version } }
}

function routeTo(
  { options }: CallSetting,
  service: string,
  version: number,
  own: { channel?: string | undefined },
): Route {
  return { service, version, channel: own.channel ?? options.channelName ?? 'rpc' }
}

function optionsFor(
  { options, producers, admitted, compression }: CallSetting,
  route: Route,
  summary: ServiceSummary,
  codec: Codec,
  own: Pick<ServiceClientOptions, 'interceptors'>,
): ClientOptions {
  // Throws where there is no such channel, rather than with the first call.
  channelAddress(summary, route.channel, admitted.address)
  return {
    connection: () => producers.lease(route),
    codec,
    compression,
    interceptors: [...(options.interceptors ?? []), ...(own.interceptors ?? [])],
    timeoutMs: options.timeoutMs,
    statusCodec: statusCodecFor(codec),
  }
}
