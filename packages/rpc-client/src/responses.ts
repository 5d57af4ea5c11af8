import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import { decodeMessage, decodeStatus, errorFromStatus, type Frame, type RpcStatus } from '@aster/rpc-core/protocol'
import type { CallFormat } from './exchange.ts'

function nameOf(call: InterceptedCall): string {
  return `${call.service.name}.${call.method.wireName}`
}

/** The response in a data frame. Throws `RpcError` naming the method. */
export function readResponse(format: CallFormat, call: InterceptedCall, frame: Frame): unknown {
  try {
    return decodeMessage(format, call.method.response, frame)
  } catch (error) {
    throw unreadable(format, call, error)
  }
}

/** The error in a trailer; `undefined` for `OK`. Throws `RpcError` for a trailer that cannot be read. */
export function readTrailer(format: CallFormat, call: InterceptedCall, payload: Uint8Array): RpcError | undefined {
  try {
    const status = readStatus(format, payload)
    return status.code === StatusCode.OK ? undefined : hinted(format, errorFromStatus(status))
  } catch (error) {
    throw unreadable(format, call, error)
  }
}

export function readStatus(format: CallFormat, payload: Uint8Array): RpcStatus {
  return decodeStatus(payload, format.codec, format.statusCodec)
}

function unreadable(format: CallFormat, call: InterceptedCall, cause: unknown): RpcError {
  const { code, message } = RpcError.from(cause)
  const text = `${nameOf(call)}: the response cannot be read: ${message}`
  return hinted(format, new RpcError(code, text, { cause }))
}

const MISMATCH: readonly number[] = [StatusCode.DATA_LOSS, StatusCode.CONTRACT_VIOLATION]
/** What pyfory says of a struct whose fields differ: Python producers pass it on as UNKNOWN, in sessions as INTERNAL. */
const FORY_MISMATCH = /Hash \S+ is not consistent/

/** An error that may come of two different definitions, with the hint that they differ. */
function hinted({ mismatchHint }: CallFormat, error: RpcError): RpcError {
  if (mismatchHint === undefined) return error
  if (!MISMATCH.includes(error.code) && !FORY_MISMATCH.test(error.message)) return error
  const { code, message, details } = error
  return new RpcError(code, `${message} (${mismatchHint})`, { details, cause: error.cause ?? error })
}

export function noResponse(call: InterceptedCall): RpcError {
  return new RpcError(StatusCode.INTERNAL, `${nameOf(call)}: the producer answered OK without a response`)
}

export function secondResponse(call: InterceptedCall): RpcError {
  return new RpcError(StatusCode.INTERNAL, `${nameOf(call)}: the producer sent more than one response`)
}
