import type { AsterConfig } from '@aster/config'
import { describeServices, type Description } from '@aster/description'
import type { Health } from '@aster/health'
import { createReflection, ReflectionService } from '@aster/reflection'
import { implementationOf } from '@aster/rpc-core'
import { type Channel, resolveChannels } from './channels.ts'
import type { AsterServerOptions } from './options.ts'
import { assertServices } from './service-summaries.ts'

/**
 * Returns the channels of a server with their services. The main channel comes first, and also offers the server's own
 * services (health and reflection).
 *
 * @throws ConfigError if an option of a channel is ill-formed
 * @throws AsterError if a service is not a service, is listed twice, or cannot be described
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

/** Describes each service once, including reflection itself. */
function describeChannels(channels: readonly Channel[]): Description {
  const services = new Set(channels.flatMap((channel) => channel.services))
  const definitions = [...services].map((service) => implementationOf(service).definition)
  // The contract ids in the description equal those in the answer to an admitted consumer.
  return describeServices([...definitions, ReflectionService], { serializationModes: ['xlang'] })
}
