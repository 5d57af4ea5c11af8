import { runGuarded, unref } from '@aster/rpc-core/protocol'
import { LOOPBACK_ROUND_TRIPS, LOOPBACK_SILENCE_MS, MAX_LOOPBACK_SILENCE_MS, SEVERAL_PATHS_MS } from '../silence.ts'
import type { NativeConnection } from './native.ts'
import { reportFault } from './native-error.ts'
import type { ReadCounter } from './send-half.ts'

/** Milliseconds between two looks at a connection while a read waits. */
const TICK_MS = 500

type Watched = Pick<NativeConnection, 'stats' | 'sendDatagram'>

/**
 * Notices a peer that disappeared without closing, such as a killed process. QUIC alone takes half a minute for that. While
 * a read waits and no bytes arrive, this sends the peer a datagram, which the peer's QUIC stack acknowledges even if the
 * program there is busy. If no packet arrives for the allowed time, the peer counts as gone.
 */
export class Liveness {
  readonly #reads: ReadCounter
  /** Dropped by `stop`. */
  #native: Watched | undefined
  readonly #allowedMs: () => number
  readonly #onGone: (silenceMs: number) => void
  readonly #timer: ReturnType<typeof setInterval>
  #lastTick = performance.now()
  #lastActivity = -1
  #lastReceived = -1
  #silentSince: number | undefined

  /** @param allowedMs returns how long the peer may be silent, in milliseconds; `Infinity` for no limit */
  constructor(native: Watched, reads: ReadCounter, allowedMs: () => number, onGone: (silenceMs: number) => void) {
    this.#native = native
    this.#reads = reads
    this.#allowedMs = allowedMs
    this.#onGone = onGone
    // A failure of the addon must not end the process.
    this.#timer = setInterval(() => runGuarded(() => this.#tick(), reportFault), TICK_MS)
    // The timer must not keep a process alive that has nothing else to do.
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
    // A late tick means that this process was paused, and could not have received anything.
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
      // The peer accepts no datagrams: iroh's own pings, some seconds apart, suffice.
    }
  }
}

const LOOPBACK = /^(?:127\.|\[::1\]:|::1)/

/**
 * Returns how long a peer may be silent by default, in milliseconds: less than `silenceMs` on a loopback path, and long
 * enough for a change of paths while several are open.
 */
export function allowedSilence(native: Pick<NativeConnection, 'rtt' | 'paths'>, silenceMs: number): number {
  const paths = native.paths()
  const selected = paths.find((path) => path.isSelected)
  if (selected === undefined || !selected.isIp || !LOOPBACK.test(selected.remoteAddr)) {
    return paths.length > 1 ? Math.max(silenceMs, SEVERAL_PATHS_MS) : silenceMs
  }
  return Math.min(LOOPBACK_SILENCE_MS + LOOPBACK_ROUND_TRIPS * (native.rtt() ?? 0), MAX_LOOPBACK_SILENCE_MS, silenceMs)
}
