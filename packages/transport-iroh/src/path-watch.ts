import { unref } from '@aster/rpc-core/protocol'
import type { NativeConnection } from './native.ts'

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

  constructor(native: Pick<NativeConnection, 'rtt' | 'paths'>, onLost: () => void) {
    let looks = 0
    this.#timer = setInterval(() => {
      looks = native.rtt() === null && native.paths().length === 0 ? looks + 1 : 0
      if (looks < MAX_LOOKS) return
      this.stop()
      onLost()
    }, TICK_MS)
    unref(this.#timer)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
