import { type Codec, RpcError, StatusCode, TransportError, type Type } from '@aster/rpc-core'
import {
  type AbortSource,
  beforeDecoding,
  decodeMessage,
  decodeStatus,
  type Frame,
  FrameFlag,
  LIMITS,
  type MessageFormat,
} from '@aster/rpc-core/protocol'
import type { Incoming } from './incoming.ts'

export interface RequestSource {
  readonly incoming: Incoming
  readonly format: MessageFormat
  /** Reads the consumer's trailer where it is not in the stream's own format. */
  readonly statusCodec: Codec | undefined
  readonly type: Type
  readonly signal: AbortSource
  /** Ends the call with the error that reading met. */
  readonly abort: (error: RpcError) => void
  /** Runs when the consumer has said that no more requests come. */
  readonly onEnd?: (() => void) | undefined
}

/** Data frames have no flag, or `COMPRESSED`; the two bits without a name are ignored. */
const isData = (frame: Frame): boolean => (frame.flags & 0x3f & ~FrameFlag.COMPRESSED) === 0
const has = (frame: Frame, flag: number): boolean => (frame.flags & flag) !== 0

/** The one request of a unary call or a server stream. */
export async function onlyRequest({ incoming, format, type, signal, onEnd }: RequestSource): Promise<unknown> {
  const isSession = onEnd !== undefined
  for (;;) {
    const frame = incoming.takeReady(signal) ?? (await incoming.take(signal))
    if (frame === undefined || has(frame, FrameFlag.TRAILER)) {
      throw new RpcError(StatusCode.INVALID_ARGUMENT, 'the requests ended before the first one')
    }
    if (isData(frame)) {
      onEnd?.()
      const loading = beforeDecoding(format, frame)
      if (loading !== undefined) await loading
      return readRequest(format, type, frame)
    }
    // On a stream of its own a call is cancelled by resetting it, and these frames mean nothing.
    if (isSession && has(frame, FrameFlag.CANCEL))
      throw new RpcError(StatusCode.CANCELLED, 'the consumer cancelled the call')
    if (isSession && has(frame, FrameFlag.CALL))
      throw new RpcError(StatusCode.FAILED_PRECONDITION, 'CALL frame before request')
  }
}

/** The requests of a client or bidi stream, to be iterated once. */
export function requestStream(
  source: RequestSource,
  limit: number = LIMITS.clientStreamItems,
): AsyncIterableIterator<unknown, undefined> {
  let count = 0
  let ended = false
  const next = async (): Promise<IteratorResult<unknown, undefined>> => {
    while (!ended) {
      const frame = source.incoming.takeReady(source.signal) ?? (await source.incoming.take(source.signal))
      if (frame === undefined) break
      throwIfWithdrawn(frame, source)
      if (has(frame, FrameFlag.TRAILER)) break
      if (source.onEnd !== undefined && has(frame, FrameFlag.CANCEL))
        throw new RpcError(StatusCode.CANCELLED, 'the consumer cancelled the call')
      if (!isData(frame)) continue
      count += 1
      if (count > limit) throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `more than ${limit} requests in one call`)
      const loading = beforeDecoding(source.format, frame)
      if (loading !== undefined) await loading
      return { done: false, value: readRequest(source.format, source.type, frame) }
    }
    if (!ended) source.onEnd?.()
    ended = true
    return { done: true, value: undefined }
  }
  return {
    async next() {
      try {
        return await next()
      } catch (error) {
        ended = true
        // Whatever the handler makes of it: a call whose requests cannot be read has failed.
        const reason = failureReason(error)
        source.abort(reason)
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

/** Ends the call at once where `frame` takes it back, also while its handler asks for nothing. */
export function abortIfWithdrawn(frame: Frame | undefined, source: RequestSource): void {
  try {
    if (frame !== undefined) throwIfWithdrawn(frame, source)
  } catch (error) {
    source.abort(RpcError.from(error))
  }
}

/** A trailer of the consumer that is not `OK` takes the call back. Throws what the call then ends with. */
function throwIfWithdrawn(frame: Frame, { format, statusCodec }: RequestSource): void {
  if (!has(frame, FrameFlag.TRAILER)) return
  const { code } = decodeStatus(frame.payload, format.codec, statusCodec)
  if (code !== StatusCode.OK) throw new RpcError(StatusCode.CANCELLED, 'the consumer withdrew the call')
}

function readRequest(format: MessageFormat, type: Type, frame: Frame): unknown {
  try {
    return decodeMessage(format, type, frame)
  } catch (error) {
    const { code, message } = RpcError.from(error)
    throw new RpcError(code, `the request cannot be read: ${message}`, { cause: error })
  }
}

/** Why a call's stream failed, as the reason of the handler's signal. */
export function failureReason(error: unknown): RpcError {
  if (!(error instanceof TransportError)) return RpcError.from(error)
  const withdrawn = error.kind === 'reset' || error.kind === 'stopped'
  const text = withdrawn ? 'the consumer cancelled the call' : 'the connection to the consumer is gone'
  return new RpcError(StatusCode.CANCELLED, text, { cause: error })
}
