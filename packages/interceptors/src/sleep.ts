import { cancelledError, onAbort } from '@aster/rpc-core/protocol'

/** Resolves after `ms` milliseconds. Rejects with the call's error when `signal` aborts; the timer goes with it. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopListening()
      resolve()
    }, ms)
    const stopListening = onAbort(signal, () => {
      clearTimeout(timer)
      reject(cancelledError(signal))
    })
  })
}
