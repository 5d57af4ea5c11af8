import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import { decodeMessage, decodeStatus, errorFromStatus, type Frame, type RpcStatus } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { methodName, noteMade, soundError } from './call-errors.ts'
import type { CallFormat } from './call-format.ts'
import { addMismatchHint, explainStatus } from './mismatch.ts'

/**
 * Returns the response in a data frame.
 *
 * @throws RpcError if the response cannot be read; the message names the method
 */
export function readResponse(format: CallFormat, call: InterceptedCall, frame: Frame): unknown {
  try {
    return decodeMessage(format, call.method.response, frame)
  } catch (error) {
    throw unreadableError(format, call, error)
  }
}

/**
 * Returns the error in a trailer, or `undefined` for `OK`.
 *
 * @throws RpcError if the trailer cannot be read; the message names the method
 */
export function readTrailer(format: CallFormat, call: InterceptedCall, payload: Uint8Array): RpcError | undefined {
  try {
    const status = readStatus(format, payload)
    if (status.code === StatusCode.OK) return undefined
    return noteMade(withClockHint(explainStatus(format, soundError(errorFromStatus(status)))))
  } catch (error) {
    throw unreadableError(format, call, error)
  }
}

/** Returns the status in a trailer. Throws the error of the codec if the trailer cannot be read. */
export function readStatus(format: CallFormat, payload: Uint8Array): RpcStatus {
  return decodeStatus(payload, format.codec, format.statusCodec)
}

function unreadableError(format: CallFormat, call: InterceptedCall, cause: unknown): RpcError {
  const { code, message } = soundError(cause)
  const text = `${methodName(call)}: the response cannot be read: ${message}`
  return noteMade(addMismatchHint(format, new RpcError(code, text, { cause })))
}

/** Matches messages about a deadline that had passed on arrival. Group 1: Python producers (quirk 12 of docs/python-0.1.md). */
const LATE = /^(?:the deadline had passed by \d+ ms on arrival|(deadline already expired on receipt))/

/** Returns whether an error says that the deadline of a call had passed when the call reached the producer. */
export function isLateOnArrival(error: RpcError): boolean {
  // The error may be the user's and have a getter that throws, so its message is read with `errorMessage`.
  return error.code === StatusCode.DEADLINE_EXCEEDED && LATE.test(errorMessage(error))
}

/** Adds advice if a Python producer found the deadline passed on arrival (quirk 12 of docs/python-0.1.md). */
function withClockHint(error: RpcError): RpcError {
  const { code, message, details, cause } = error
  if (code !== StatusCode.DEADLINE_EXCEEDED || LATE.exec(message)?.[1] === undefined) return error
  return new RpcError(code, `${message}; compare the clocks of the two sides`, { details, cause })
}
