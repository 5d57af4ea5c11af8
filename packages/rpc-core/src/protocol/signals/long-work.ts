import { runSoon } from './soon.ts'

/** Milliseconds for which a loop may work before the event loop gets a turn. */
const WORK_MS = 10

/**
 * Lets a loop over messages of the user give way to everything else. The source of the messages may compute without a wait, and
 * the event loop would not turn until its end: messages would not be sent, aborts not noticed, and other calls not served.
 */
export class LongWork {
  #since = performance.now()

  /** Returns a promise that resolves in a later turn of the event loop, if the last such turn was long ago. */
  pause(): Promise<void> | undefined {
    if (performance.now() - this.#since < WORK_MS) return undefined
    return new Promise((resolve) =>
      runSoon(() => {
        this.#since = performance.now()
        resolve()
      }),
    )
  }
}
