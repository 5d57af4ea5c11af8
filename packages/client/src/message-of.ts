import { RpcError } from '@aster/rpc-core'

/** Returns the message of anything that can be thrown. Never throws. */
export function messageOf(error: unknown): string {
  return RpcError.from(error).message
}
