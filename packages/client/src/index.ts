/**
 * Calls Aster producers: configuration, identity, admission, transport and codecs put together.
 *
 * @packageDocumentation
 */
export { AsterClient, type ClientState } from './aster-client.ts'
export { ContractMismatchError, type MissingChannel, ServiceNotFoundError } from './errors.ts'
export type { ClientEventListener, ClientEventName, ClientEvents } from './events.ts'
export type { AsterClientOptions, DynamicClientOptions, ServiceClientOptions } from './options.ts'
export type { Policy } from './policy.ts'
export { AdmissionDeniedError, AdmissionError, ProducerIdentityError, type ServiceSummary } from '@aster/admission'
export { ForyCodec } from '@aster/codec-fory'
export { JsonCodec } from '@aster/codec-json'
export { AsterConfig, ConfigError } from '@aster/config'
export { formatNodeAddr, formatTicket, IdentityError, parseAddress } from '@aster/identity'
export {
  type BidiChannel,
  type Callable,
  type Client,
  createClient,
  type DynamicClient,
  type DynamicSession,
  type ResponseStream,
  type Session,
} from '@aster/rpc-client'
export {
  allOf,
  anyOf,
  AsterError,
  bidiStream,
  type CallOptions,
  type CallParent,
  clientStream,
  type Codec,
  type Compression,
  defineService,
  type HandlerContext,
  implement,
  type InterceptedCall,
  type Interceptor,
  type Logger,
  type Metadata,
  type NodeAddr,
  type Requirement,
  rpc,
  RpcError,
  satisfies,
  serverStream,
  service,
  type ServiceDefinition,
  StatusCode,
  statusCodeName,
  t,
  Timestamp,
  type Transport,
  TransportError,
  unary,
} from '@aster/rpc-core'
