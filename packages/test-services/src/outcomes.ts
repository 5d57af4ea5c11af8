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
      throw new Error('expected the call to fail, but it succeeded')
    },
    (error: unknown) => error as RpcError,
  )
}

/**
 * Makes a call whose deadline passes while its handler runs. Returns the call's error. If the deadline passes before the handler
 * starts, as on a busy machine, the call is repeated with twice the time, until `hasStarted` returns true.
 */
export async function meetDeadline(
  call: (timeoutMs: number) => Promise<unknown>,
  hasStarted: () => boolean,
): Promise<RpcError> {
  for (let timeoutMs = 50; ; timeoutMs *= 2) {
    const error = await failure(call(timeoutMs))
    if (hasStarted()) return error
  }
}
