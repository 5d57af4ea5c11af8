import type { Interceptor, ServiceLike, Transport } from '@aster/rpc-core'

/**
 * The options of a further channel, which has an endpoint of its own. Consumers ask for admission at the main endpoint
 * only.
 */
export interface ChannelOptions {
  /**
   * The services that the channel offers. If another channel offers the same service, pass the same object to both.
   *
   * @default the `services` of the server
   */
  services?: readonly ServiceLike[] | undefined
  /**
   * The address to bind, `ip:port`.
   *
   * @default the server's address with port 0, which picks a free port
   */
  bindAddr?: string | undefined
  /**
   * A transport to use in place of iroh. The server does not close it.
   *
   * @default iroh
   */
  transport?: Transport | undefined
  /**
   * Interceptors of every call on the channel. They run inside those of the server.
   *
   * @default none
   */
  interceptors?: readonly Interceptor[] | undefined
}
