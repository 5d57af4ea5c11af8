import type { NativeConnection } from './native.ts'
import type { ReadCounter } from './send-half.ts'

/** How often a connection is looked at while somebody waits for bytes. */
const TICK_MS = 500
/** Silence that is put up with at least, and at most; in between it grows with the round-trip time. */
const MIN_SILENCE_MS = 2_000
const MAX_SILENCE_MS = 10_000
const ROUND_TRIPS = 40

/**
 * Notices a peer that is gone without a word, such as a killed process: QUIC alone takes half a minute for that. While
 * somebody waits for bytes and none come, the peer is sent a datagram, which its transport acknowledges whatever the
 * program there is doing, and which nobody reads. Where not one packet comes back, the peer is gone.
 */
export class Liveness {
  readonly #reads: ReadCounter
  readonly #native: Pick<NativeConnection, 'stats' | 'rtt' | 'sendDatagram'>
  readonly #onGone: (silenceMs: number) => void
  readonly #timer: ReturnType<typeof setInterval>
  #lastActivity = -1
  #lastReceived = -1
  #silentSince = 0

  constructor(
    native: Pick<NativeConnection, 'stats' | 'rtt' | 'sendDatagram'>,
    reads: ReadCounter,
    onGone: (silenceMs: number) => void,
  ) {
    this.#native = native
    this.#reads = reads
    this.#onGone = onGone
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    // It must not keep a process alive that has nothing else to do.
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    if (this.#reads.pending === 0 || this.#reads.activity !== this.#lastActivity) {
      this.#lastActivity = this.#reads.activity
      this.#silentSince = 0
      return
    }
    const now = performance.now()
    const received = this.#native.stats().udpRxDatagrams
    if (received !== this.#lastReceived || this.#silentSince === 0) {
      this.#lastReceived = received
      this.#silentSince = now
    } else if (now - this.#silentSince >= this.#allowedSilence()) {
      this.stop()
      return this.#onGone(Math.round(now - this.#silentSince))
    }
    try {
      this.#native.sendDatagram([0])
    } catch {
      // A peer without datagrams: iroh's own pings, some seconds apart, do.
    }
  }

  #allowedSilence(): number {
    const roundTripMs = this.#native.rtt() ?? 0
    return Math.min(MIN_SILENCE_MS + ROUND_TRIPS * roundTripMs, MAX_SILENCE_MS)
  }
}
