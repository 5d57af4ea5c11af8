import { type InterceptedCall, isUnsent, markUnsent, RpcError, StatusCode } from '@aster/rpc-core'
import {
  abortReason,
  type AbortSource,
  abortSourceOf,
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

/** The errors that this package made, as opposed to errors that the user's code threw. */
const made = new WeakSet<RpcError>()

/** Notes that this package made an error, and returns that error. */
export function noteMade(error: RpcError): RpcError {
  made.add(error)
  return error
}

/** The errors of calls that the caller ended. The promises of such calls need not be awaited. */
const wanted = new WeakSet<RpcError>()

/** Notes that the caller caused an error on purpose, and returns that error. */
export function noteWanted(error: RpcError): RpcError {
  wanted.add(error)
  return error
}

/** Returns whether the caller caused this error by an abort, or by closing the session or the connection. */
export function isWanted(error: RpcError): boolean {
  try {
    return wanted.has(error) || isClosedHere(error.cause)
  } catch {
    // The error is the user's, and has a getter that throws.
    return false
  }
}

/**
 * Returns the `RpcError` that ends a call if `thrown`, which may be any value, was thrown. The code of the returned error is an
 * integer other than `OK`, and the error is extensible. Never throws.
 *
 * @param code the code if `thrown` is not an `RpcError`
 * @default code is `UNKNOWN`
 */
export function soundError(thrown: unknown, code?: StatusCode): RpcError {
  const error = RpcError.from(thrown, code)
  if (error !== thrown) return noteMade(error)
  try {
    if (Number.isInteger(error.code) && error.code !== StatusCode.OK && Object.isExtensible(error)) return error
    return isUnsent(error) ? markUnsent(copyError(error)) : copyError(error)
  } catch {
    // `thrown` is a proxy, or has a getter that throws.
    return copyError(error)
  }
}

/** Returns a new error with everything that can be read from `error`, whose members may have any value or throw. */
function copyError(error: RpcError): RpcError {
  const { code, message, detailKeys, detailValues } = statusFromError(error)
  return noteMade(new RpcError(code, message, { details: pairs(detailKeys, detailValues), cause: error }))
}

/** Returns the error of a call whose signal has aborted. If a time-out aborted it, the message says what the call waited for. */
export function abortError(call: InterceptedCall): RpcError {
  return abortErrorOf(abortSourceOf(call), () => progressOf(call)?.describe())
}

/** Returns the error of an operation that `source` has aborted. `describe` returns what the operation waited for. */
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
 * Returns the error for the caller if `thrown` ends the call: a sound `RpcError`, marked as received, with the caller's line in
 * its stack. Call it in the async function that the caller awaits.
 *
 * If the caller aborted the call with a reason of its own, that reason is not marked, and a handler may pass its text on.
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

/** Returns the name of the called method, as `Service.method` with the names of the wire. */
export function methodName({ service, method }: Pick<InterceptedCall, 'service' | 'method'>): string {
  return `${service.name}.${method.wireName}`
}

/** Returns the error of a call that failed with `error` before anything was sent. */
export function unsentError(error: unknown, call: InterceptedCall): RpcError {
  if (abortSourceOf(call).aborted) return abortError(call)
  const known = toRpcError(error)
  return markUnsent(known === error ? soundError(known) : noteMade(known))
}

/** Returns the error of a call whose stream ended before its trailer. */
export function noTrailerError(): RpcError {
  return noteMade(
    new RpcError(StatusCode.UNAVAILABLE, 'the stream ended without a trailer: the producer gave up on the call'),
  )
}

/** Returns the error of a call that ended with `OK` although its only response is missing. */
export function noResponseError(format: CallFormat, call: InterceptedCall): RpcError {
  return patternError(format, `${methodName(call)}: the producer answered OK without a response`)
}

/** Returns the error of a unary or client-stream call that got a second response. */
export function secondResponseError(format: CallFormat, call: InterceptedCall): RpcError {
  return patternError(format, `${methodName(call)}: the producer sent more than one response`)
}

/** Returns the error of a call whose producer sends too many frames without a message. */
export function emptyFramesError(call: InterceptedCall, count: number): RpcError {
  const text = `${methodName(call)}: the producer sent more than ${count} frames in a row that hold no message`
  return noteMade(new RpcError(StatusCode.RESOURCE_EXHAUSTED, text))
}

/** Returns an error with a hint: the method may have another pattern in the producer's definition. */
function patternError(format: CallFormat, message: string): RpcError {
  return noteMade(addMismatchHint(format, new RpcError(StatusCode.INTERNAL, message)))
}

/** Returns the error of a call whose caller left the responses before their end. */
export function leftError(): RpcError {
  return noteMade(new RpcError(StatusCode.CANCELLED, 'the caller left the responses before their end'))
}

/** Returns the error of a request that is sent after the call has ended with `OK`. */
export function sendAfterEndError(): RpcError {
  return noteMade(new RpcError(StatusCode.FAILED_PRECONDITION, 'send after the end of the call'))
}
