import { runGuarded, runNeutral, unref } from '@aster/rpc-core/protocol'
import type { NativeConnection } from './native.ts'
import { reportFault } from './native-error.ts'

/**
 * Milliseconds from one announcement to the next, after the end of a stream. A place is free once the peer has acknowledged
 * the end of the answer, which the addon does not report: one round trip later, or more if packets were lost.
 */
const DELAYS_MS = [5, 10, 20, 40, 80, 160, 320, 640, 1_280] as const

/**
 * Manages the places that a peer has for its streams. QUIC announces freed places in groups of an eighth of the maximum, so
 * a peer that uses all its places could open no stream until that many streams have ended. While the peer uses most of its
 * places, this class announces each place soon after it was freed: it sets the maximum again, which makes the addon
 * announce all free places.
 */
export class StreamPlaces {
  /** Dropped when the connection is gone. */
  #native: Pick<NativeConnection, 'setMaxConcurrentBiStreams'> | undefined
  readonly #max: bigint
  /** The number of open halves from which on places are announced one by one: three quarters of the maximum. */
  readonly #scarceFrom: number
  /** Halves of the peer's streams that have not ended on this side. */
  #halves = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The index of the delay for which the timer waits. */
  #step = 0

  /** Grants the peer `max` places. */
  constructor(native: Pick<NativeConnection, 'setMaxConcurrentBiStreams'>, max: number) {
    this.#native = native
    this.#max = BigInt(max)
    this.#scarceFrom = Math.floor((2 * max * 3) / 4)
    native.setMaxConcurrentBiStreams(this.#max)
  }

  /** Counts a stream that the peer has opened. */
  take(): void {
    this.#halves += 2
  }

  /** Counts the end of one half of a stream that the peer has opened. */
  endHalf(): void {
    this.#halves--
    if (this.#halves >= this.#scarceFrom) this.#announceSoon()
  }

  /** Ends the announcements when the connection is gone. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#native = undefined
  }

  #announceSoon(): void {
    if (this.#timer !== undefined && this.#step === 0) return
    clearTimeout(this.#timer)
    this.#arm(0)
  }

  #arm(step: number): void {
    const delayMs = DELAYS_MS[step]
    this.#step = step
    this.#timer = undefined
    if (delayMs === undefined || this.#native === undefined) return
    const timer = runNeutral(() => setTimeout(() => this.#announce(), delayMs))
    unref(timer)
    this.#timer = timer
  }

  #announce(): void {
    runGuarded(() => {
      // A maximum of 0 revokes no announced place, but makes any change in places worth announcing.
      this.#native?.setMaxConcurrentBiStreams(0n)
      this.#native?.setMaxConcurrentBiStreams(this.#max)
    }, reportFault)
    this.#arm(this.#step + 1)
  }
}
