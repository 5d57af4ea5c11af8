/**
 * An Aster producer in TypeScript.
 *
 * @packageDocumentation
 */
export { AsterServer } from './aster-server.ts'
export type { ChannelOptions } from './channel-options.ts'
export type { AsterServerOptions } from './options.ts'
export type { SignalOptions } from './signals.ts'
export type { RelayEvent, ServerEventListener, ServerEventName, ServerEvents } from './server-events.ts'
export type { NonceStore, NonceUse, ServiceSummary } from '@aster/admission'
export { AsterConfig, ConfigError } from '@aster/config'
export { Health, type HealthStatus } from '@aster/health'
export type { CallLimits, PeerLimits, ServerLimits, ServiceLimits } from '@aster/interceptors'
export {
  allOf,
  anyOf,
  AsterError,
  bidiStream,
  clientStream,
  type Codec,
  type Compression,
  defineService,
  type HandlerContext,
  implement,
  type InterceptedCall,
  type Interceptor,
  type Logger,
  type Peer,
  type Requirement,
  rpc,
  RpcError,
  satisfies,
  serverStream,
  service,
  type ServiceDefinition,
  type ServiceImplementation,
  type ServiceLike,
  StatusCode,
  t,
  Timestamp,
  type Transport,
  unary,
} from '@aster/rpc-core'
