import { runNeutral, startNeutral } from '../signals/async-context.ts'
import type { AbortSource } from '../signals/abort-scope.ts'
import { runSoon } from '../signals/soon.ts'
import { onAbort } from '../signals/signals.ts'

/** The size from which a message is large and waits for its turn, in bytes. */
export const LARGE_MESSAGE = 262_144
/** The largest message that never waits and is not counted, in bytes. */
export const FREE_MESSAGE = 16_384
/** The longest turn without a rest after it, in milliseconds. A longer turn is followed by a rest of the same length. */
const LONG_MS = 50
/** The longest rest, in milliseconds. */
const MAX_REST_MS = 1_000
/** Node's own timer. With a test's fake timers, the rest after a long turn would never end. */
const setRealTimeout = setTimeout

interface Waiting {
  readonly size: number
  readonly start: () => void
}

/**
 * Schedules the decoding of large messages on the event loop. Decoding 16 MiB may block everything else for half a second,
 * and several such messages in a row for many seconds. So one large message is decoded at a time, and peers alternate.
 * After a long turn, calls with small messages have the event loop for as long as the turn took.
 *
 * A message below 256 KiB waits only if its peer has sent more than 256 KiB of such messages within one turn of the event
 * loop.
 */
export class MessageTurns {
  /** The waiting messages of each peer. The first peer is the next. */
  readonly #waiting = new Map<string, Waiting[]>()
  /** The first peer with messages that did not wait in this turn of the event loop, and their bytes. */
  #peer: string | undefined
  #peerBytes = 0
  /** The same bytes of the other peers of this turn, of which there are mostly none. */
  readonly #bytes = new Map<string, number>()
  /** Whether a turn, or the rest after it, is in progress. */
  #busy = false
  readonly #rest: (end: () => void, ms: number) => void

  /**
   * @param rest calls `end` after `ms` milliseconds
   * @default rest is `setTimeout`
   */
  constructor(rest: (end: () => void, ms: number) => void = setRealTimeout) {
    this.#rest = rest
  }

  /**
   * Returns a promise if a message must wait for its turn, or `undefined` if it may be decoded at once. The caller must
   * decode the message in the same turn of the microtask queue in which the promise resolves. If `signal` aborts, the
   * promise rejects with its reason, and the message leaves the queue.
   */
  wait(peer: string, size: number, signal?: AbortSource): Promise<void> | undefined {
    if (size <= FREE_MESSAGE) return undefined
    if (size < LARGE_MESSAGE && this.#count(peer, size)) return undefined
    if (!this.#busy) {
      this.#begin()
      return undefined
    }
    return new Promise((resolve, reject) => {
      let stopListening = (): void => {}
      const start = (): void => {
        stopListening()
        resolve()
      }
      const waiting = { size, start }
      const queue = this.#waiting.get(peer)
      if (queue === undefined) this.#waiting.set(peer, [waiting])
      else queue.push(waiting)
      stopListening = onAbort(signal, () => {
        this.#remove(peer, waiting)
        reject(signal?.reason as Error)
      })
    })
  }

  /** Whether a turn or a rest is in progress. Long tasks should wait until it ends. */
  get isBusy(): boolean {
    return this.#busy
  }

  /** Counts a message that is not large. Returns whether it may proceed. */
  #count(peer: string, size: number): boolean {
    if (this.#waiting.has(peer)) return false
    if (this.#peer === undefined) {
      this.#peer = peer
      this.#peerBytes = 0
      startNeutral(this.#endCountSoon)
    }
    const isFirst = this.#peer === peer
    const bytes = (isFirst ? this.#peerBytes : (this.#bytes.get(peer) ?? 0)) + size
    if (bytes > LARGE_MESSAGE) return false
    if (isFirst) this.#peerBytes = bytes
    else this.#bytes.set(peer, bytes)
    return true
  }

  readonly #endCountSoon = (): void => runSoon(this.#endCount)

  readonly #endCount = (): void => {
    this.#peer = undefined
    if (this.#bytes.size > 0) this.#bytes.clear()
  }

  /** Begins a turn, which ends with this turn of the event loop. */
  #begin(): void {
    this.#busy = true
    const begun = performance.now()
    runNeutral(() =>
      runSoon(() => {
        const ms = performance.now() - begun
        if (ms < LONG_MS) this.#next()
        else this.#rest(() => this.#next(), Math.min(ms, MAX_REST_MS))
      }),
    )
  }

  /** Starts the next turn: one large message, or messages of one peer that are as large together. */
  #next(): void {
    this.#busy = false
    const first = this.#waiting.entries().next()
    if (first.done === true) return
    const [peer, queue] = first.value
    this.#begin()
    let bytes = 0
    let count = 0
    for (const { size } of queue) {
      if (count > 0 && bytes + size > LARGE_MESSAGE) break
      bytes += size
      count++
    }
    const started = queue.splice(0, count)
    // Deleting and adding the peer moves it to the end.
    this.#waiting.delete(peer)
    if (queue.length > 0) this.#waiting.set(peer, queue)
    for (const { start } of started) start()
  }

  #remove(peer: string, waiting: Waiting): void {
    const queue = this.#waiting.get(peer)
    const at = queue?.indexOf(waiting) ?? -1
    if (queue === undefined || at < 0) return
    queue.splice(at, 1)
    if (queue.length === 0) this.#waiting.delete(peer)
  }
}

/** The turns of this process. Servers, clients and connections share one event loop, and so share these turns. */
export const messageTurns = new MessageTurns()
