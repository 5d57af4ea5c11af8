import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { TransportError } from '../../transport.ts'
import { NOT_ADMITTED } from '../alpn.ts'

/** What a failure underneath a call means for the call. */
export function toRpcError(error: unknown): RpcError {
  if (!(error instanceof TransportError)) return RpcError.from(error, StatusCode.INTERNAL)
  return new RpcError(codeOf(error), error.message, { cause: error })
}

function codeOf({ kind, code }: TransportError): StatusCode {
  if (kind === 'misuse') return StatusCode.INTERNAL
  return kind === 'closed' && code === NOT_ADMITTED ? StatusCode.PERMISSION_DENIED : StatusCode.UNAVAILABLE
}
