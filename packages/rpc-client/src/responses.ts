import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import { decodeMessage, decodeStatus, errorOfStatus, type Frame, type RpcStatus } from '@aster/rpc-core/protocol'
import type { CallFormat } from './exchange.ts'

export function nameOf(call: InterceptedCall): string {
  return `${call.service.name}.${call.method.wireName}`
}

/** The response in a data frame. Throws `RpcError` naming the method. */
export function readResponse(format: CallFormat, call: InterceptedCall, frame: Frame): unknown {
  try {
    return decodeMessage(format, call.method.response, frame)
  } catch (error) {
    throw unreadable(call, error)
  }
}

/** The error in a trailer; `undefined` for `OK`. Throws `RpcError` for a trailer that cannot be read. */
export function readTrailer(format: CallFormat, call: InterceptedCall, payload: Uint8Array): RpcError | undefined {
  try {
    const status = readStatus(format, payload)
    return status.code === StatusCode.OK ? undefined : errorOfStatus(status)
  } catch (error) {
    throw unreadable(call, error)
  }
}

export function readStatus(format: CallFormat, payload: Uint8Array): RpcStatus {
  return decodeStatus(payload, format.codec, format.statusCodec)
}

function unreadable(call: InterceptedCall, cause: unknown): RpcError {
  const { code, message } = RpcError.from(cause)
  return new RpcError(code, `${nameOf(call)}: the response cannot be read: ${message}`, { cause })
}

export function noResponse(call: InterceptedCall): RpcError {
  return new RpcError(StatusCode.INTERNAL, `${nameOf(call)}: the producer answered OK without a response`)
}

export function secondResponse(call: InterceptedCall): RpcError {
  return new RpcError(StatusCode.INTERNAL, `${nameOf(call)}: the producer sent more than one response`)
}
