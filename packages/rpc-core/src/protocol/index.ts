/**
 * For authors of layers: frames, protocol messages, limits and helpers. Exempt from semver.
 *
 * @packageDocumentation
 */
export { AbortScope, type AbortSource } from './abort-scope.ts'
export { ADMISSION_ALPN, NOT_ADMITTED, RPC_ALPN } from './alpn.ts'
export { CallHeader } from './call-header.ts'
export { nextCallId } from './call-id.ts'
export { expectInteger, expectNumber, expectPositive, expectTime } from './expect.ts'
export { encodeFrames, FRAME_OVERHEAD, type Frame, FrameFlag } from './frame.ts'
export { FrameReader } from './frame-reader.ts'
export { FrameStream } from './frame-stream.ts'
export { LIMITS } from './limits.ts'
export { metadataExcess } from './metadata-limits.ts'
export { beforeDecoding, decodeMessage, encodeMessage, type MessageFormat } from './payload.ts'
export { Pushable } from './pushable.ts'
export { decodeStatus, errorOfStatus, OK_STATUS, pairs, RpcStatus, statusOfError } from './rpc-status.ts'
export {
  abortable,
  at,
  cancelled,
  deadlineExceeded,
  deadlineSignal,
  linkSignals,
  NEVER,
  onAbort,
  type OwnedSignal,
} from './signals.ts'
export { soon } from './soon.ts'
export { StreamHeader } from './stream-header.ts'
export { rpcErrorOf } from './transport-status.ts'
export { unref } from './unref.ts'
export { type AnyType } from '../schema/any.ts'
export { dateOfDays, daysOfDate } from '../schema/date.ts'
export { Checker, describe, formatPath, type Issue, keySegment, type PathSegment } from '../schema/checker.ts'
export { isPlainObject, setKey } from '../schema/record.ts'
export { isWellFormed } from '../schema/string.ts'
export { snakeCase } from '../schema/naming.ts'
export { type WireType, wireType } from '../schema/wire-type.ts'
