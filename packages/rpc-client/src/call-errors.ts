import { type InterceptedCall, isUnsent, markUnsent, RpcError, StatusCode } from '@aster/rpc-core'
import {
  abortReason,
  type AbortSource,
  cancelledError,
  extendStack,
  isClosedHere,
  markReceived,
  pairs,
  renewStack,
  statusFromError,
  toRpcError,
} from '@aster/rpc-core/protocol'
import type { CallFormat } from './call-format.ts'
import { addMismatchHint } from './mismatch.ts'
import { progressOf } from './progress.ts'

/** The errors that were made here, as opposed to those that code of the user threw. */
const made = new WeakSet<RpcError>()

/** Notes that an error was made here, and returns it. */
export function noteMade(error: RpcError): RpcError {
  made.add(error)
  return error
}

/** The errors of calls that the caller ended: their promises need not be awaited. */
const wanted = new WeakSet<RpcError>()

/** Notes that an error is the caller's own doing, and returns it. */
export function noteWanted(error: RpcError): RpcError {
  wanted.add(error)
  return error
}

/** Whether the caller ended the call with this error: by an abort, or by closing the session or the connection. */
export function isWanted(error: RpcError): boolean {
  try {
    return wanted.has(error) || isClosedHere(error.cause)
  } catch {
    // An error of the user with a getter that throws.
    return false
  }
}

/**
 * Returns the `RpcError` that a call ends with when `thrown` was thrown, whatever it is. Its code is an integer other than
 * `OK`, and it can be marked. Never throws.
 *
 * @param code of anything that is no `RpcError`; default: `UNKNOWN`
 */
export function soundError(thrown: unknown, code?: StatusCode): RpcError {
  const error = RpcError.from(thrown, code)
  if (error !== thrown) return noteMade(error)
  try {
    if (Number.isInteger(error.code) && error.code !== StatusCode.OK && Object.isExtensible(error)) return error
    return isUnsent(error) ? markUnsent(copyError(error)) : copyError(error)
  } catch {
    // A proxy, or an error with a getter that throws.
    return copyError(error)
  }
}

/** Returns an error with what can be read of `error`, whose code may be anything. */
function copyError(error: RpcError): RpcError {
  const { code, message, detailKeys, detailValues } = statusFromError(error)
  return noteMade(new RpcError(code, message, { details: pairs(detailKeys, detailValues), cause: error }))
}

/** Returns the error of a call whose signal has aborted: with a time-out of the caller, it says what the call waited for. */
export function abortError(call: InterceptedCall): RpcError {
  return abortErrorOf(call.signal, () => progressOf(call)?.describe())
}

/** Returns the error of what ends with `source`. `describe` says what was waited for. */
export function abortErrorOf(source: AbortSource, describe: () => string | undefined): RpcError {
  const error = cancelledError(source)
  const isReason = isReasonOf(source, error)
  const known = isReason ? soundError(error) : noteMade(error)
  if (known.code !== StatusCode.DEADLINE_EXCEEDED) return noteWanted(known)
  if (isReason) return known
  const detail = describe()
  if (detail === undefined) return known
  return noteMade(new RpcError(error.code, `${error.message}: ${detail}`, { cause: error.cause }))
}

function isReasonOf(source: AbortSource, error: RpcError): boolean {
  return abortReason(source) === error
}

/**
 * Returns the error that a call ends with for the caller who awaits it: sound, marked as received, and with the caller's line
 * in its stack. To be called in the async function that the caller awaits.
 *
 * The caller's own reason for an abort is not marked: a handler that passes it on passes on its own words.
 */
export function callerError(thrown: unknown, signal?: AbortSource): RpcError {
  const error = soundError(thrown)
  if (made.has(error)) {
    renewStack(error)
    return markReceived(error)
  }
  extendStack(error)
  if (signal?.aborted === true && isReasonOf(signal, error)) return error
  try {
    return markReceived(error)
  } catch {
    return markReceived(copyError(error))
  }
}

/** Returns the name of the called method, as it is on the wire. */
export function methodName({ service, method }: Pick<InterceptedCall, 'service' | 'method'>): string {
  return `${service.name}.${method.wireName}`
}

/** Returns the error of a call that nothing was sent of, because `error` came before. */
export function unsentError(error: unknown, call: InterceptedCall): RpcError {
  if (call.signal.aborted) return abortError(call)
  const known = toRpcError(error)
  return markUnsent(known === error ? soundError(known) : noteMade(known))
}

/** Returns the error of a call whose stream ended before its trailer. */
export function noTrailerError(): RpcError {
  return noteMade(
    new RpcError(StatusCode.UNAVAILABLE, 'the stream ended without a trailer: the producer gave up on the call'),
  )
}

/** Returns the error of a call that ended with `OK` before its only response. */
export function noResponseError(format: CallFormat, call: InterceptedCall): RpcError {
  return patternError(format, `${methodName(call)}: the producer answered OK without a response`)
}

/** Returns the error of a call with a second response where one is all there can be. */
export function secondResponseError(format: CallFormat, call: InterceptedCall): RpcError {
  return patternError(format, `${methodName(call)}: the producer sent more than one response`)
}

/** Returns the error of a call whose producer sends frames without a message, and no end. */
export function emptyFramesError(call: InterceptedCall, count: number): RpcError {
  const text = `${methodName(call)}: the producer sent more than ${count} frames in a row that hold no message`
  return noteMade(new RpcError(StatusCode.RESOURCE_EXHAUSTED, text))
}

/** The method may have another pattern in the producer's definition. */
function patternError(format: CallFormat, message: string): RpcError {
  return noteMade(addMismatchHint(format, new RpcError(StatusCode.INTERNAL, message)))
}

/** Returns the error of a call whose caller does not want the rest of the responses. */
export function leftError(): RpcError {
  return noteMade(new RpcError(StatusCode.CANCELLED, 'the caller left the responses before their end'))
}

/** Returns the error of a request that is sent after the call has ended with `OK`. */
export function sendAfterEndError(): RpcError {
  return noteMade(new RpcError(StatusCode.FAILED_PRECONDITION, 'send after the end of the call'))
}
