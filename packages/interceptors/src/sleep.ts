import { type AbortSource, cancelledError, onAbort } from '@aster/rpc-core/protocol'

/** Resolves after `ms` milliseconds. Clears the timer and rejects with the error of the call when `signal` aborts. */
export function sleep(ms: number, signal: AbortSource): Promise<void> {
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
