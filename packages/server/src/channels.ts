import { type AsterConfig, ConfigError } from '@aster/config'
import type { Interceptor, ServiceLike, Transport } from '@aster/rpc-core'
import { channelKey } from './channel-key.ts'
import type { ChannelOptions } from './channel-options.ts'
import { channelField, checkChannels } from './check-channels.ts'
import type { AsterServerOptions } from './options.ts'

/** A channel with its defaults resolved: a name, its services, and the configuration of its endpoint. */
export interface Channel {
  readonly name: string
  /** The option that lists the services, for error messages. */
  readonly source: string
  readonly services: readonly ServiceLike[]
  /** Holds the address and the secret key of the endpoint. */
  readonly config: AsterConfig
  readonly transport: Transport | undefined
  /** The first interceptor is the outermost. */
  readonly interceptors: readonly Interceptor[]
}

/**
 * Returns the channels of a server, the main channel first.
 *
 * @param own services of the server itself, for the main channel
 * @throws ConfigError if an option of a channel is ill-formed
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

/** Returns the server's configuration with another address and key, because two endpoints cannot share these. */
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
