import type { AsterConfig } from '@aster/config'
import { describeServices, type Description } from '@aster/description'
import type { Health } from '@aster/health'
import { createReflection, ReflectionService } from '@aster/reflection'
import { implementationOf } from '@aster/rpc-core'
import { type Channel, resolveChannels } from './channels.ts'
import type { AsterServerOptions } from './options.ts'
import { assertServices } from './service-summaries.ts'

/**
 * Returns the channels of a server with the services on each, those of the server itself on the main one, which comes first.
 *
 * @throws ConfigError for options of channels that are ill-formed
 * @throws AsterError for services that are none, that are there twice, or that cannot be described
 */
export function resolveServices(
  options: AsterServerOptions,
  config: AsterConfig,
  health: Health | undefined,
): readonly Channel[] {
  const own = health === undefined ? [] : [health.service]
  const channels = resolveChannels(options, config, own)
  assertServices(channels)
  if (options.reflection !== true) return channels
  const described = resolveChannels(options, config, [...own, createReflection(describeChannels(channels))])
  assertServices(described)
  return described
}

/** Describes each service once, and reflection itself. */
function describeChannels(channels: readonly Channel[]): Description {
  const services = new Set(channels.flatMap((channel) => channel.services))
  const definitions = [...services].map((service) => implementationOf(service).definition)
  // Of these the contract ids are that consumers are told at their admission.
  return describeServices([...definitions, ReflectionService], { serializationModes: ['xlang'] })
}
