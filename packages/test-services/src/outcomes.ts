import { RpcError } from '@aster/rpc-core'

/** Returns the name of the status with which a call ends, or a thrown value that is no `RpcError`. */
export function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'OK',
    (error: unknown) => (error instanceof RpcError ? error.codeName : error),
  )
}

/** Returns the error with which a call ends. Throws if the call succeeds. */
export function failure(call: Promise<unknown>): Promise<RpcError> {
  return call.then(
    () => {
      throw new Error('a failure is expected')
    },
    (error: unknown) => error as RpcError,
  )
}
