import type { AsterConfig } from '@aster/config'
import type { Codec, Compression, Interceptor, Logger, NodeAddr, ServiceLike, Transport } from '@aster/rpc-core'

export interface AsterServerOptions {
  /** Results of `implement(…)`, instances of `@service` classes, and for sessions the classes themselves. */
  services: readonly ServiceLike[]
  /** @default AsterConfig.fromEnv() */
  config?: AsterConfig | undefined
  /** The root key that consumers' credentials must be signed by: 64 hex digits or 32 bytes. @default ASTER_ROOT_PUBKEY, else a new one */
  rootPubkey?: string | Uint8Array | undefined
  /** Admits consumers without a credential. @default ASTER_ALLOW_ALL_CONSUMERS, else false */
  allowAllConsumers?: boolean | undefined
  /** The name under which the services' address is offered. @default 'rpc' */
  channelName?: string | undefined
  /** A transport of your own; closing it stays with you. @default iroh */
  transport?: Transport<NodeAddr> | undefined
  /** One codec instead of XLANG and JSON. */
  codec?: Codec | undefined
  /** @default zstd */
  compression?: Compression | undefined
  /** Around every call; the first is the outermost. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /** Milliseconds that a handler may take, which bounds deadlines too. @default 300,000 */
  handlerTimeoutMs?: number | undefined
  /** Lets a handler's unknown exception reach the consumer with its text. @default false */
  exposeErrors?: boolean | undefined
  /** @default silent */
  logger?: Logger | undefined
}
