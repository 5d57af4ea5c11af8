import { type MethodDefinition, RpcError, StatusCode, type Type } from '@aster/rpc-core'
import {
  type AbortScope,
  announcedSize,
  beforeDecoding,
  decodeMessage,
  decodeStatus,
  type Frame,
  FrameFlag,
  type FrameSource,
  LARGE_MESSAGE,
  LIMITS,
} from '@aster/rpc-core/protocol'
import type { ConnectionContext } from './connection-context.ts'
import { cancelledByConsumerError, outOfPlaceError, streamError } from './errors.ts'
import type { StreamFormat } from './formats.ts'
import { FrameCost } from './frame-turns.ts'
import type { Incoming } from './incoming.ts'

/**
 * The meaning of CALL and CANCEL frames among the requests of a call.
 *
 * - `'stream'`: the call has a stream of its own, and a reset of the stream cancels the call. CALL and CANCEL are ignored.
 * - `'session'`: CANCEL cancels the call, and CALL is out of place until the call is answered.
 */
export type RequestRules = 'stream' | 'session'

/** The requests of one call, as frames. */
export interface RequestSource extends FrameSource {
  /** The connection, whose `onRefusal` is called if a request is refused. */
  readonly connection?: ConnectionContext
  readonly rules: RequestRules
  readonly incoming: Incoming
  readonly format: StreamFormat
  /** The scope of the call. Is aborted if the requests cannot be read. */
  readonly scope: AbortScope
  /** Whether the consumer has sent everything that belongs to the call. Set while the requests are read. */
  complete: boolean
  /** Whether a request was large. Set while the requests are read. */
  hasLargeRequest?: boolean
}

/** Returns whether a frame holds a message: it has no flag except `COMPRESSED`. The two bits without a name are ignored. */
const isData = (frame: Frame): boolean => (frame.flags & 0x3f & ~FrameFlag.COMPRESSED) === 0
const hasFlag = (frame: Frame, flag: number): boolean => (frame.flags & flag) !== 0

/** Returns whether calls of a method have exactly one request. */
export function takesOneRequest({ kind }: Pick<MethodDefinition, 'kind'>): boolean {
  return kind === 'unary' || kind === 'serverStream'
}

/**
 * Returns the request of a unary or server-stream call, or a promise if the request has not arrived or has to wait for its turn. The
 * promise rejects if the request cannot be read, or if the call ends first.
 */
export function readRequest(source: RequestSource, type: Type): unknown {
  try {
    const frame = source.incoming.takeReady(source.scope)
    // Most requests arrive together with their header.
    return frame !== undefined && isData(frame) ? takeRequest(source, type, frame) : waitForRequest(source, type, frame)
  } catch (error) {
    return Promise.reject(error)
  }
}

async function waitForRequest(source: RequestSource, type: Type, first: Frame | undefined): Promise<unknown> {
  const { rules, incoming, scope } = source
  for (let ready = first; ; ready = incoming.takeReady(scope)) {
    const frame = ready ?? (await incoming.take(scope))
    if (frame === undefined || hasFlag(frame, FrameFlag.TRAILER)) {
      throw new RpcError(StatusCode.INVALID_ARGUMENT, 'the requests ended before the first one')
    }
    if (isData(frame)) return takeRequest(source, type, frame)
    if (rules === 'stream') continue
    if (hasFlag(frame, FrameFlag.CANCEL)) throw cancelledByConsumerError()
    if (hasFlag(frame, FrameFlag.CALL)) throw outOfPlaceError('CALL frame before request')
  }
}

function takeRequest(source: RequestSource, type: Type, frame: Frame): unknown {
  source.complete = true
  const waiting = beforeDecoding(source.format, frame, source)
  if (waiting !== undefined) return waiting.then(() => decodeTaken(source, type, frame))
  return decodeTaken(source, type, frame)
}

/** Decodes the frame that was taken last, and releases its memory. */
function decodeTaken(source: RequestSource, type: Type, frame: Frame): unknown {
  const request = decodeRequest(source, type, frame)
  source.incoming.release()
  return request
}

/**
 * Returns the requests of a client-stream or bidi call, to be iterated once. If the requests cannot be read, the iteration throws and
 * the call's scope is aborted, so that the call fails even if the handler ignores the error.
 */
export function requestStream(
  source: RequestSource,
  type: Type,
  limit: number = LIMITS.clientStreamItems,
): AsyncIterableIterator<unknown, undefined> {
  const { rules, incoming, format, scope } = source
  let count = 0
  let ended = false
  return {
    async next() {
      try {
        while (!ended) {
          const frame = incoming.takeReady(scope) ?? (await incoming.take(scope))
          if (frame === undefined) break
          throwIfWithdrawn(frame, format)
          if (hasFlag(frame, FrameFlag.TRAILER)) break
          if (rules === 'session' && hasFlag(frame, FrameFlag.CANCEL)) throw cancelledByConsumerError()
          if (!isData(frame)) continue
          count += 1
          if (count > limit)
            throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `more than ${limit} requests in one call`)
          const turn = incoming.turns.take(FrameCost.REQUEST)
          if (turn !== undefined) await turn
          const waiting = beforeDecoding(format, frame, source)
          if (waiting !== undefined) await waiting
          const value = decodeRequest(source, type, frame)
          incoming.release()
          return { done: false, value }
        }
        if (!ended) source.complete = true
        ended = true
        return { done: true, value: undefined }
      } catch (error) {
        ended = true
        const reason = streamError(error)
        scope.abort(reason)
        throw reason
      }
    },
    async return() {
      ended = true
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Aborts the call's scope if `frame` withdraws the call, even while the handler does not ask for requests. */
export function abortIfWithdrawn(frame: Frame | undefined, { format, scope }: RequestSource): void {
  if (frame === undefined) return
  try {
    throwIfWithdrawn(frame, format)
  } catch (error) {
    scope.abort(RpcError.from(error))
  }
}

/** Throws `CANCELLED` if `frame` is a trailer that is not `OK`, by which the consumer withdraws the call. */
function throwIfWithdrawn(frame: Frame, { codec, statusCodec }: StreamFormat): void {
  if (!hasFlag(frame, FrameFlag.TRAILER)) return
  const { code } = decodeStatus(frame.payload, codec, statusCodec)
  if (code !== StatusCode.OK) throw new RpcError(StatusCode.CANCELLED, 'the consumer withdrew the call')
}

function decodeRequest(source: RequestSource, type: Type, frame: Frame): unknown {
  const { format, connection } = source
  try {
    if (announcedSize(format, frame) >= LARGE_MESSAGE) source.hasLargeRequest = true
    return decodeMessage(format, type, frame)
  } catch (error) {
    const { code, message } = RpcError.from(error)
    if (code === StatusCode.RESOURCE_EXHAUSTED && connection !== undefined)
      connection.options.onRefusal?.({ cause: 'message', peer: connection.peer.id, message })
    throw new RpcError(code, `the request cannot be read: ${message}`, { cause: error })
  }
}
