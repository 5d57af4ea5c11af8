import { runGuarded, unref } from '@aster/rpc-core/protocol'
import type { NativeConnection } from './native.ts'
import { reportFault } from './native-error.ts'

/** Milliseconds between two looks at the paths of a connection. */
const TICK_MS = 500
/**
 * Looks in a row without a path after which the connection is lost. By then iroh has given up its last attempt, and tries
 * no other path.
 */
const MAX_LOOKS = 8

/**
 * Notices a dialled connection that has lost all its paths. iroh abandons its only path some seconds after the interface
 * goes down, and never validates another if the interface stays down for longer than about 9 s. From then on packets of the
 * peer still arrive, but nothing reaches the peer, for as long as the peer sends.
 */
export class PathWatch {
  readonly #timer: ReturnType<typeof setInterval>
  #looks = 0
  #waiting: (() => void)[] = []

  constructor(native: Pick<NativeConnection, 'rtt' | 'paths'>, onLost: () => void) {
    const look = (): void => {
      if (native.rtt() !== null || native.paths().length > 0) return this.#goOn()
      this.#looks += 1
      if (this.#looks < MAX_LOOKS) return
      clearInterval(this.#timer)
      onLost()
    }
    // A failure of the addon must not end the process.
    this.#timer = setInterval(() => runGuarded(look, reportFault), TICK_MS)
    unref(this.#timer)
  }

  /** Whether the last look found no path: bytes that are sent now may never arrive. */
  get isOut(): boolean {
    return this.#looks > 0
  }

  /** Resolves when there is a path again, or when the watch has ended. */
  untilBack(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Ends the watch when the connection is gone. */
  stop(): void {
    clearInterval(this.#timer)
    this.#goOn()
  }

  #goOn(): void {
    this.#looks = 0
    if (this.#waiting.length === 0) return
    for (const resolve of this.#waiting) resolve()
    this.#waiting = []
  }
}
