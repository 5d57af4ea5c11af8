/**
 * Defines the services of Aster and the types of their messages. Clients and servers build on this package: it has the schemas,
 * status codes and errors, and the contracts `Transport`, `Codec` and `Compression`. It has no dependency and does no I/O.
 *
 * @example
 * ```ts
 * import { defineService, t, unary } from '@aster/rpc-core'
 *
 * export const HelloRequest = t.struct('hello/HelloRequest', { name: t.string })
 * export const HelloResponse = t.struct('hello/HelloResponse', { message: t.string })
 * export const HelloService = defineService({
 *   name: 'HelloService',
 *   methods: { sayHello: unary(HelloRequest, HelloResponse) },
 * })
 * ```
 *
 * @packageDocumentation
 */
export { AsterError, type AsterErrorOptions } from './aster-error.ts'
export type { CallOptions, CallParent } from './call-options.ts'
export { type Codec, type DecodeOptions, type EncodeOptions, SerializationMode } from './codec.ts'
export type { Compression } from './compression.ts'
export {
  composeInterceptors,
  type InterceptedCall,
  type Interceptor,
  isUnsent,
  markUnsent,
  type Next,
} from './interceptor.ts'
export type { Logger } from './logger.ts'
export type { Metadata } from './metadata.ts'
export type { NodeAddr } from './node-addr.ts'
export { RpcError, type RpcErrorOptions } from './rpc-error.ts'
export type { AnyType } from './schema/any.ts'
export type { BoolType } from './schema/bool.ts'
export type { BytesType } from './schema/bytes.ts'
export { check } from './schema/check.ts'
export type { Checker, Issue, PathSegment } from './schema/checker.ts'
export type { DateType } from './schema/date.ts'
export type { DefaultType } from './schema/default.ts'
export type { EnumMember, EnumMembers, EnumOptions, EnumType } from './schema/enum.ts'
export type { FloatType } from './schema/float.ts'
export type { BigintType, IntegerType } from './schema/integer.ts'
export type { LazyType } from './schema/lazy.ts'
export type { ListType } from './schema/list.ts'
export type { MapType } from './schema/map.ts'
export type { OptionalType } from './schema/optional.ts'
export type { RecordType } from './schema/record.ts'
export type { SetType } from './schema/set.ts'
export type { StandardIssue, StandardResult, StandardSchema } from './schema/standard-schema.ts'
export type { StringType } from './schema/string.ts'
export type { Field, Fields, NamedField, StructOptions, StructType } from './schema/struct.ts'
export * as t from './schema/t.ts'
export type { TimestampType } from './schema/timestamp.ts'
export type { BigintKind, FloatKind, Infer, Init, IntegerKind, Kind, Type } from './schema/type.ts'
export { rpc, service, type ServiceClass } from './service/decorators.ts'
export {
  defineService,
  type MethodDefinition,
  type MethodSpecs,
  type ServiceDefinition,
  type ServiceOptions,
  type ServiceScope,
} from './service/define-service.ts'
export type { HandlerContext, Peer } from './service/handler.ts'
export {
  definitionOf,
  type Handlers,
  implement,
  implementationOf,
  type Opener,
  type ServiceImplementation,
  type ServiceLike,
} from './service/implement.ts'
export {
  bidiStream,
  clientStream,
  type HandlerOf,
  type MethodDecorator,
  type MethodKind,
  type MethodOptions,
  type MethodSpec,
  serverStream,
  type Streamable,
  unary,
} from './service/method.ts'
export { allOf, anyOf, type Requirement, satisfies } from './service/requirement.ts'
export { StatusCode, statusCodeName } from './status-code.ts'
export { Timestamp } from './schema/timestamp-value.ts'
export {
  type ByteStream,
  type CloseInfo,
  type Connection,
  type ConnectionPath,
  type Transport,
  type ReadWaiter,
  TransportError,
  type TransportErrorKind,
} from './transport.ts'
