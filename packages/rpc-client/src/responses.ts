import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import { decodeMessage, decodeStatus, errorFromStatus, type Frame, type RpcStatus } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import { methodName, noteMade, soundError } from './call-errors.ts'
import type { CallFormat } from './call-format.ts'

/** Returns the response in a data frame. Throws an `RpcError` that names the method if it cannot be read. */
export function readResponse(format: CallFormat, call: InterceptedCall, frame: Frame): unknown {
  try {
    return decodeMessage(format, call.method.response, frame)
  } catch (error) {
    throw unreadableError(format, call, error)
  }
}

/** Returns the error in a trailer, `undefined` for `OK`. Throws an `RpcError` that names the method if it cannot be read. */
export function readTrailer(format: CallFormat, call: InterceptedCall, payload: Uint8Array): RpcError | undefined {
  try {
    const status = readStatus(format, payload)
    if (status.code === StatusCode.OK) return undefined
    return noteMade(withClockHint(withHint(format, soundError(errorFromStatus(status)))))
  } catch (error) {
    throw unreadableError(format, call, error)
  }
}

/** Returns the status in a trailer. Throws what the codec throws. */
export function readStatus(format: CallFormat, payload: Uint8Array): RpcStatus {
  return decodeStatus(payload, format.codec, format.statusCodec)
}

function unreadableError(format: CallFormat, call: InterceptedCall, cause: unknown): RpcError {
  const { code, message } = soundError(cause)
  const text = `${methodName(call)}: the response cannot be read: ${message}`
  return noteMade(withHint(format, new RpcError(code, text, { cause })))
}

const MISMATCH: readonly number[] = [StatusCode.DATA_LOSS, StatusCode.CONTRACT_VIOLATION]
/** The text of pyfory for a struct whose fields differ: Python producers pass it on as UNKNOWN, in sessions as INTERNAL. */
const FORY_MISMATCH = /Hash \S+ is not consistent/

/** Adds the hint that the definitions differ to an error that may come of it. */
function withHint({ mismatchHint }: CallFormat, error: RpcError): RpcError {
  if (mismatchHint === undefined) return error
  if (!MISMATCH.includes(error.code) && !FORY_MISMATCH.test(error.message)) return error
  const { code, message, details } = error
  return new RpcError(code, `${message} (${mismatchHint})`, { details, cause: error.cause ?? error })
}

/** What producers say of a deadline that had passed on arrival: those of this project, and those of Python. */
const LATE = /^(?:the deadline had passed by \d+ ms on arrival|(deadline already expired on receipt))/

/** Whether a producer says that the deadline of a call had passed on arrival. */
export function isLateOnArrival(error: RpcError): boolean {
  // The error may be the user's, with a getter that throws.
  return error.code === StatusCode.DEADLINE_EXCEEDED && LATE.test(errorMessage(error))
}

/** Adds what can be done to the error of a Python producer that found a deadline passed on arrival. */
function withClockHint(error: RpcError): RpcError {
  const { code, message, details, cause } = error
  if (code !== StatusCode.DEADLINE_EXCEEDED || LATE.exec(message)?.[1] === undefined) return error
  return new RpcError(code, `${message}; compare the clocks of the two sides`, { details, cause })
}
