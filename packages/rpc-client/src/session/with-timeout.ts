import { RpcError, StatusCode } from '@aster/rpc-core'
import { abortable, AbortScope, epochNow, runAt, runNeutral } from '@aster/rpc-core/protocol'

/** The number of parts into which a time-out is divided. */
const PARTS = 10

/**
 * Waits for an answer. Counts the time in parts, and a part that takes longer counts as one: a process that was paused or busy has
 * read nothing meanwhile, and its timers run before it reads what has arrived.
 *
 * @throws RpcError `UNAVAILABLE` if the answer does not arrive in time
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
