import type { Interceptor, ServiceLike, Transport } from '@aster/rpc-core'

/** A channel beside the main one, with an endpoint of its own. Admission is asked for at the main endpoint only. */
export interface ChannelOptions {
  /** What is offered on it; a service that is offered elsewhere too is the same object there. @default `services` of the server */
  services?: readonly ServiceLike[] | undefined
  /** `ip:port`. @default the server's with port 0, which is any that is free */
  bindAddr?: string | undefined
  /** A transport of your own; closing it stays with you. @default iroh */
  transport?: Transport | undefined
  /** Around every call on it, inside those of the server. @default none */
  interceptors?: readonly Interceptor[] | undefined
}
