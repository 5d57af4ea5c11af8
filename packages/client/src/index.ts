/**
 * An Aster consumer: it connects to producers and calls their services.
 *
 * @example
 * ```ts
 * import { AsterClient } from '@aster/client'
 * import { defineService, implement, t, unary } from '@aster/rpc-core'
 * import { AsterServer } from '@aster/server'
 *
 * const Name = t.struct('hello/Name', { name: t.string })
 * const Greeting = t.struct('hello/Greeting', { text: t.string })
 * const Hello = defineService({ name: 'Hello', methods: { greet: unary(Name, Greeting) } })
 * const hello = implement(Hello, { greet: ({ name }) => ({ text: `Hello, ${name}!` }) })
 *
 * const server = new AsterServer({ services: [hello], allowAllConsumers: true })
 * await server.start()
 *
 * const c = await AsterClient.connect({ endpointAddr: server.address })
 * const client = await c.client(Hello)
 * console.log((await client.greet({ name: 'World' })).text) // prints Hello, World!
 * await c.close()
 * await server.close()
 * ```
 *
 * @packageDocumentation
 */
export { AsterClient } from './aster-client.ts'
export type { ClientState } from './client-state.ts'
export type { DescribeOptions } from './described/fetch-description.ts'
export { ContractMismatchError, type MissingChannel, ServiceNotFoundError } from './errors.ts'
export type { ClientEventListener, ClientEventName, ClientEvents } from './events.ts'
export type { AsterClientOptions, DynamicClientOptions, ServiceClientOptions } from './options.ts'
export type { Policy } from './policy.ts'
export { AdmissionDeniedError, AdmissionError, ProducerIdentityError, type ServiceSummary } from '@aster/admission'
export {
  fixedInt32,
  fixedInt64,
  fixedUint32,
  fixedUint64,
  ForyCodec,
  isTyped,
  taggedInt64,
  taggedUint64,
  type Typed,
  typed,
} from '@aster/codec-fory'
export { JsonCodec } from '@aster/codec-json'
export {
  AsterConfig,
  ConfigError,
  type ConfigIssue,
  type ConfigIssueOptions,
  type ConfigOptions,
  type ConfigRow,
  type ConfigSources,
  type ConsumerSettings,
  type CredentialSource,
  type Environment,
  type FieldName,
  type IdentityFilePlace,
  type IdentityLayer,
  type LogFormat,
  type LogLevel,
  type ProducerSettings,
  type RelayMode,
  type SettingsOptions,
  type TomlSource,
} from '@aster/config'
export type {
  Description,
  EnumDescription,
  EnumMemberDescription,
  FieldDescription,
  JsonValue,
  MethodDescription,
  NamedTypeDescription,
  NumberFormatKind,
  PlainKind,
  SerializationModeName,
  ServiceDescription,
  StructDescription,
  TypeDescription,
} from '@aster/description'
export { type ConsumerCredential, formatNodeAddr, formatTicket, IdentityError, parseAddress } from '@aster/identity'
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
// The types of definitions, clients and services, which the declaration files of a user's project refer to.
export {
  allOf,
  anyOf,
  type AnyType,
  AsterError,
  type AsterErrorOptions,
  bidiStream,
  type BigintKind,
  type BigintType,
  type BoolType,
  type ByteStream,
  type BytesType,
  type CallOptions,
  type CallParent,
  type Checker,
  clientStream,
  type CloseInfo,
  type Codec,
  type Compression,
  type Connection,
  type ConnectionPath,
  type DateType,
  type DefaultType,
  defineService,
  type EnumMember,
  type EnumMembers,
  type EnumOptions,
  type EnumType,
  type Field,
  type Fields,
  type FloatKind,
  type FloatType,
  type HandlerContext,
  type HandlerOf,
  type Handlers,
  implement,
  type Infer,
  type Init,
  type IntegerKind,
  type IntegerType,
  type InterceptedCall,
  type Interceptor,
  type Issue,
  isUnsent,
  type Kind,
  type LazyType,
  type ListType,
  type Logger,
  type MapType,
  type Metadata,
  type MethodDecorator,
  type MethodDefinition,
  type MethodKind,
  type MethodOptions,
  type MethodSpec,
  type MethodSpecs,
  type NamedField,
  type Next,
  type NodeAddr,
  type Opener,
  type OptionalType,
  type PathSegment,
  type Peer,
  type RecordType,
  type Requirement,
  rpc,
  RpcError,
  type RpcErrorOptions,
  satisfies,
  type SerializationMode,
  serverStream,
  service,
  type ServiceClass,
  type ServiceDefinition,
  type ServiceImplementation,
  type ServiceLike,
  type ServiceOptions,
  type ServiceScope,
  type SetType,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  StatusCode,
  statusCodeName,
  type Streamable,
  type StringType,
  type StructOptions,
  type StructType,
  t,
  Timestamp,
  type TimestampType,
  type Transport,
  TransportError,
  type TransportErrorKind,
  type Type,
  unary,
} from '@aster/rpc-core'
