/**
 * An Aster producer in TypeScript.
 *
 * @packageDocumentation
 */
export { AsterServer } from './aster-server.ts'
export type { ChannelOptions } from './channel-options.ts'
export type { AsterServerOptions } from './options.ts'
export type { ServiceSummary } from '@aster/admission'
export { AsterConfig, ConfigError } from '@aster/config'
export { Health, type HealthStatus } from '@aster/health'
export type { CallLimits, PeerLimits, ServerLimits, ServiceLimits } from '@aster/interceptors'
export {
  AsterError,
  bidiStream,
  clientStream,
  defineService,
  type HandlerContext,
  implement,
  type InterceptedCall,
  type Interceptor,
  type Logger,
  type Peer,
  rpc,
  RpcError,
  serverStream,
  service,
  StatusCode,
  t,
  Timestamp,
  unary,
} from '@aster/rpc-core'
