import { type AsterConfig, ConfigError } from '@aster/config'
import type { Interceptor, ServiceLike, Transport } from '@aster/rpc-core'
import { channelKey } from './channel-key.ts'
import type { ChannelOptions } from './channel-options.ts'
import { channelField, checkChannels } from './check-channels.ts'
import type { AsterServerOptions } from './options.ts'

/** What is offered under one name, and where. */
export interface Channel {
  readonly name: string
  /** The option that the services come from. */
  readonly source: string
  readonly services: readonly ServiceLike[]
  /** Tells where the endpoint binds, and its key. */
  readonly config: AsterConfig
  readonly transport: Transport | undefined
  /** The first is the outermost. */
  readonly interceptors: readonly Interceptor[]
}

/**
 * The channels of a server, the main one first.
 *
 * @param own services of the server itself, for its main channel
 * @throws ConfigError for options of channels that are ill-formed
 */
export function resolveChannels(
  options: AsterServerOptions,
  config: AsterConfig,
  own: readonly ServiceLike[],
): readonly Channel[] {
  checkChannels(options)
  const { services, channelName = 'rpc', channels = {}, transport, interceptors = [] } = options
  const main = {
    name: channelName,
    source: 'services',
    services: [...services, ...own],
    config,
    transport,
    interceptors,
  }
  const others = Object.entries(channels).map(([name, channel]) => ({
    name,
    source: channelField(name, 'services'),
    services: channel.services ?? services,
    config: channelConfig(config, name, channel),
    transport: channel.transport,
    interceptors: [...interceptors, ...(channel.interceptors ?? [])],
  }))
  return [main, ...others]
}

/** The server's configuration, but for the address and the key: no two endpoints can share those. */
function channelConfig(config: AsterConfig, name: string, { bindAddr }: ChannelOptions): AsterConfig {
  const { secretKey } = config
  const own = secretKey && channelKey(secretKey, name)
  try {
    return config.withOptions({ secretKey: own, bindAddr: bindAddr ?? config.bindAddr?.replace(/\d+$/, '0') })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const field = channelField(name, 'bindAddr')
    throw new ConfigError(
      error.issues.map(({ found, expected }) => ({ field, source: `option ${field}`, found, expected })),
    )
  }
}
