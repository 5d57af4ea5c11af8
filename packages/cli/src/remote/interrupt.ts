import type { CommandIo } from '../io.ts'
import { InterruptedError } from './call-error.ts'

/** A signal that aborts at the first Ctrl-C. A second Ctrl-C ends the process, since no listener is left. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController()
  readonly #stop: () => void

  constructor({ onInterrupt }: CommandIo) {
    this.#stop =
      onInterrupt?.(() => {
        this.#stop()
        this.#controller.abort(new InterruptedError())
      }) ?? (() => {})
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    this.#stop()
  }
}
