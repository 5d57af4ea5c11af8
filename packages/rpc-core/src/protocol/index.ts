/**
 * Tools for authors of layers: frames, protocol messages, statuses, signals and limits. Exempt from semver.
 *
 * @packageDocumentation
 */
export { brandError } from '../aster-error.ts'
export { abandonStream } from './abandon-stream.ts'
export { captureContext, runNeutral, startNeutral } from './signals/async-context.ts'
export { type BackgroundTask, runInBackground, runInNextTurn } from './signals/background.ts'
export { epochNow } from './signals/clock.ts'
export { AbortScope, type AbortSource } from './signals/abort-scope.ts'
export { ADMISSION_ALPN, NOT_ADMITTED, PEER_SILENT, PROTOCOL_VIOLATION, RPC_ALPN, TOO_MANY } from './alpn.ts'
export { CallHeader } from './messages/call-header.ts'
export { nextCallId } from './messages/call-id.ts'
export { EventHub } from './event-hub.ts'
export { encodeFrames, FRAME_OVERHEAD, type Frame, FrameFlag } from './frames/frame.ts'
export { FrameReader, type FrameReaderOptions, type FrameRefusal } from './frames/frame-reader.ts'
export { DRAIN, type DrainLimits } from './frames/drain-watch.ts'
export type { FrameReceiver, FrameReceiverOptions } from './frames/frame-receiver.ts'
export { FrameStream, type FrameStreamOptions } from './frames/frame-stream.ts'
export { ReadBudget, type ReadShare } from './frames/read-budget.ts'
export type { DrainListener, EndingStream } from './frames/stream-drain.ts'
export { type RoomWaiter, WriteBudget } from './frames/write-budget.ts'
export { returnPiece, takePiece } from './frames/write-piece.ts'
export { guardLogger, runGuarded, warnOnce } from './guarded.ts'
export { LIMITS } from '../limits.ts'
export { describeUnfitKey, metadataExcess, readMetadata } from './messages/metadata-limits.ts'
export { LARGE_MESSAGE, MessageTurns, messageTurns } from './messages/message-turns.ts'
export {
  announcedSize,
  beforeDecoding,
  callFormat,
  decodeMessage,
  encodeMessage,
  type FrameSource,
  type MessageFormat,
  messageLimit,
} from './messages/payload.ts'
export { type AnyIterator, iteratorOf, requestsError, responsesError } from './signals/iterator-of.ts'
export { Pushable } from './signals/pushable.ts'
export { decodeStatus, errorFromStatus, OK_STATUS, pairs, RpcStatus } from './status/rpc-status.ts'
export { callDeadlineError, type CallProgress, progressKey } from './status/call-progress.ts'
export { extendStack, renewStack } from './status/caller-stack.ts'
export { isReceived, markReceived } from './status/received.ts'
export { statusFromError } from './status/status-from-error.ts'
export {
  abortable,
  abortReason,
  runAt,
  cancelledError,
  deadlineError,
  type DeadlineOptions,
  deadlineScope,
  deadlineSignal,
  type LinkedSignal,
  linkSignals,
  NEVER,
  onAbort,
  type OwnedScope,
  type OwnedSignal,
  type TimerOptions,
} from './signals/signals.ts'
export {
  abortSourceOf,
  changeCall,
  defineCallSignal,
  defineSignal,
  signalOf,
  type WithSignal,
} from './signals/lazy-signal.ts'
export { LongWork } from './signals/long-work.ts'
export { LoopTurns } from './signals/loop-turns.ts'
export { runSoon } from './signals/soon.ts'
export { TimeoutPlace, TimeoutQueue } from './signals/timeout-queue.ts'
export { settledWithin } from './signals/settled-within.ts'
export { type Notices, noticesOf } from './notices.ts'
export { type PeerFields, PeerLog } from './peer-log.ts'
export { HeaderTemplate } from './messages/header-template.ts'
export { StreamHeader } from './messages/stream-header.ts'
export { assertStreamCode, closeError, isClosedHere, isUnavailable, misuseError } from './status/transport-errors.ts'
export { toRpcError } from './status/transport-status.ts'
export { unref } from './signals/unref.ts'
