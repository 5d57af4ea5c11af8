import { runGuarded, unref } from '@aster/rpc-core/protocol'
import type { NativeConnection } from './native.ts'
import { reportFault } from './native-error.ts'

/** How often the paths of a connection are looked at. */
const TICK_MS = 500
/** Looks in a row that find no path. By then iroh has given up on the path that it tried last, and tries no other. */
const MAX_LOOKS = 8

/**
 * Notices a connection that was dialled and has no path any more. iroh abandons its only path some seconds after the interface
 * beneath it went down, and never validates another if the interface stays down for longer than about 9 s: from then on the
 * peer is heard and nothing reaches it, for as long as the peer sends.
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

  /** Whether there was no path at the last look: what is sent now may never arrive. */
  get isOut(): boolean {
    return this.#looks > 0
  }

  /** Resolves once there is a path again, or the watch has ended. */
  untilBack(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Ends the watch: the connection is gone. */
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
