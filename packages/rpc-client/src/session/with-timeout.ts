import { RpcError, StatusCode } from '@aster/rpc-core'
import { abortable, AbortScope, epochNow, runAt, runNeutral } from '@aster/rpc-core/protocol'

/** Parts of the time, each of which is waited for by itself. */
const PARTS = 10

/**
 * Waits for an answer. Throws `UNAVAILABLE` if it does not come in time. A part of the time that takes longer counts as one: a
 * process that was paused, or kept busy, has read nothing meanwhile, and timers run before what has come is read.
 */
export async function withTimeout<T>(ms: number, answer: Promise<T>): Promise<T> {
  const late = new AbortScope()
  let left = PARTS
  const wait = (): (() => void) => runAt(epochNow() + ms / PARTS, onPart)
  const onPart = (): void => {
    left -= 1
    if (left > 0) stop = wait()
    else late.abort(new RpcError(StatusCode.UNAVAILABLE, `the producer did not answer within ${ms} ms`))
  }
  let stop = runNeutral(wait)
  try {
    return await abortable(answer, late)
  } finally {
    stop()
  }
}
