import { type BackgroundTask, runInNextTurn } from './background.ts'
import { runSoon } from './soon.ts'

/** Milliseconds for which a loop may work before the event loop gets a turn. */
const WORK_MS = 10

/**
 * Lets a loop over messages of the user give way to everything else. The source of the messages may compute without a wait, and
 * the event loop would not turn until its end: messages would not be sent, aborts not noticed, and other calls not served.
 */
export class LongWork implements BackgroundTask {
  #since = 0
  /** Whether the event loop has turned since the work began: the loop has waited by itself. */
  #hasTurned = false

  constructor() {
    this.#begin()
  }

  /** Returns a promise that resolves in a later turn of the event loop, if the loop has worked for long without one. */
  pause(): Promise<void> | undefined {
    if (this.#hasTurned) this.#begin()
    if (performance.now() - this.#since < WORK_MS) return undefined
    return new Promise((resolve) =>
      runSoon(() => {
        this.#begin()
        resolve()
      }),
    )
  }

  run(): void {
    this.#hasTurned = true
  }

  #begin(): void {
    this.#since = performance.now()
    this.#hasTurned = false
    runInNextTurn(this)
  }
}
