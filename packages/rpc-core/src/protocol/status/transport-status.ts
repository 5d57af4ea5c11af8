import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { TransportError } from '../../transport.ts'
import { NOT_ADMITTED, TOO_MANY } from '../alpn.ts'

/**
 * Returns the error of a call whose transport failed. Any other error is converted as in `RpcError.from`, with the code
 * `INTERNAL`.
 */
export function toRpcError(error: unknown): RpcError {
  if (!(error instanceof TransportError)) return RpcError.from(error, StatusCode.INTERNAL)
  return new RpcError(codeOf(error), error.message, { cause: error })
}

function codeOf({ kind, code }: TransportError): StatusCode {
  if (kind === 'misuse') return StatusCode.INTERNAL
  if (kind === 'closed' && code === NOT_ADMITTED) return StatusCode.PERMISSION_DENIED
  return kind === 'closed' && code === TOO_MANY ? StatusCode.RESOURCE_EXHAUSTED : StatusCode.UNAVAILABLE
}
