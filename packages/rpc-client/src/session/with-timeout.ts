import { RpcError, StatusCode } from '@aster/rpc-core'
import { abortable, deadlineSignal, epochNow } from '@aster/rpc-core/protocol'

/** Waits for an answer. Throws `UNAVAILABLE` if it does not come in time. */
export async function withTimeout<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { signal, cleanup } = deadlineSignal(epochNow() + ms)
  try {
    return await abortable(answer, signal)
  } catch (error) {
    throw signal.aborted ? new RpcError(StatusCode.UNAVAILABLE, `the producer did not answer within ${ms} ms`) : error
  } finally {
    cleanup()
  }
}
