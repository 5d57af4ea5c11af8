import { runGuarded, unref } from '@aster/rpc-core/protocol'
import { LOOPBACK_ROUND_TRIPS, LOOPBACK_SILENCE_MS, MAX_LOOPBACK_SILENCE_MS, SEVERAL_PATHS_MS } from '../silence.ts'
import type { NativeConnection } from './native.ts'
import { reportFault } from './native-error.ts'
import type { ReadCounter } from './send-half.ts'

/** How often a connection is looked at while a read waits. */
const TICK_MS = 500

type Watched = Pick<NativeConnection, 'stats' | 'sendDatagram'>

/**
 * Notices a peer that is gone without a word, such as a killed process: QUIC alone takes half a minute for that. While a
 * read waits and no bytes come, the peer is sent a datagram, which its transport acknowledges whatever the program there is
 * doing. If not one packet comes back for the time that is allowed, the peer is gone.
 */
export class Liveness {
  readonly #reads: ReadCounter
  /** Dropped when it stops. */
  #native: Watched | undefined
  readonly #allowedMs: () => number
  readonly #onGone: (silenceMs: number) => void
  readonly #timer: ReturnType<typeof setInterval>
  #lastTick = performance.now()
  #lastActivity = -1
  #lastReceived = -1
  #silentSince: number | undefined

  /** @param allowedMs how long the peer may be silent, in milliseconds; `Infinity` for ever */
  constructor(native: Watched, reads: ReadCounter, allowedMs: () => number, onGone: (silenceMs: number) => void) {
    this.#native = native
    this.#reads = reads
    this.#allowedMs = allowedMs
    this.#onGone = onGone
    // A failure of the addon must not end the process.
    this.#timer = setInterval(() => runGuarded(() => this.#tick(), reportFault), TICK_MS)
    // It must not keep a process alive that has nothing else to do.
    unref(this.#timer)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#native = undefined
  }

  #tick(): void {
    const native = this.#native
    if (native === undefined) return
    const now = performance.now()
    // A tick that comes late was a pause of this process, in which it could not have heard anything.
    const paused = now - this.#lastTick > 2 * TICK_MS
    this.#lastTick = now
    if (this.#reads.pending === 0 || this.#reads.activity !== this.#lastActivity) {
      this.#lastActivity = this.#reads.activity
      this.#silentSince = undefined
      return
    }
    const received = native.stats().udpRxDatagrams
    if (paused || received !== this.#lastReceived || this.#silentSince === undefined) {
      this.#lastReceived = received
      this.#silentSince = now
    } else if (now - this.#silentSince >= this.#allowedMs()) {
      this.stop()
      return this.#onGone(Math.round(now - this.#silentSince))
    }
    try {
      native.sendDatagram([0])
    } catch {
      // A peer without datagrams: iroh's own pings, some seconds apart, do.
    }
  }
}

const LOOPBACK = /^(?:127\.|\[::1\]:|::1)/

/**
 * Returns the silence that a peer is allowed unless the user says otherwise: less while the path to it is a loopback one, and
 * enough to take another path if there is one.
 */
export function allowedSilence(native: Pick<NativeConnection, 'rtt' | 'paths'>, silenceMs: number): number {
  const paths = native.paths()
  const selected = paths.find((path) => path.isSelected)
  if (selected === undefined || !selected.isIp || !LOOPBACK.test(selected.remoteAddr)) {
    return paths.length > 1 ? Math.max(silenceMs, SEVERAL_PATHS_MS) : silenceMs
  }
  return Math.min(LOOPBACK_SILENCE_MS + LOOPBACK_ROUND_TRIPS * (native.rtt() ?? 0), MAX_LOOPBACK_SILENCE_MS, silenceMs)
}
