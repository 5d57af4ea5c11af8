import { runNeutral } from '../signals/async-context.ts'
import type { AbortSource } from '../signals/abort-scope.ts'
import { runSoon } from '../signals/soon.ts'
import { onAbort } from '../signals/signals.ts'

/** Bytes of a message from which on it is large, and waits for its turn. */
export const LARGE_MESSAGE = 262_144
/** A message of fewer bytes never waits, and is not counted. */
export const FREE_MESSAGE = 16_384
/** A turn that took longer, in milliseconds, is followed by as long a rest. */
const LONG_MS = 50
const MAX_REST_MS = 1_000
/** Node's own: with timers that a test fakes, the rest of a long turn would never end. */
const setRealTimeout = setTimeout

interface Waiting {
  readonly size: number
  readonly start: () => void
}

/**
 * Turns of large messages on the event loop: decoding one of 16 MiB may keep everything else waiting for half a second, and
 * several in a row for many. One is decoded at a time, and the peers take turns. After a long one, calls with small messages
 * have the event loop for as long as it took.
 *
 * Messages below 256 KiB wait only if the same peer has more than 256 KiB of them in one turn of the event loop.
 */
export class MessageTurns {
  /** What waits, by peer. The first peer is the next. */
  readonly #waiting = new Map<string, Waiting[]>()
  /** Bytes of messages that did not wait in this turn of the event loop, by peer. */
  readonly #bytes = new Map<string, number>()
  /** Whether a turn, or the rest behind it, is under way. */
  #busy = false
  readonly #rest: (end: () => void, ms: number) => void

  constructor(rest: (end: () => void, ms: number) => void = setRealTimeout) {
    this.#rest = rest
  }

  /**
   * Returns a promise if a message has to wait for its turn. The message has to be decoded in the same turn of the microtask
   * queue in which the promise resolves, or at once if there is none.
   *
   * Rejects with the reason of the signal; the message has left the queue then.
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

  /** Whether a turn or a rest is under way, so that whatever takes long had better wait. */
  get isBusy(): boolean {
    return this.#busy
  }

  /** Counts a message that is not large. Returns whether it may go ahead. */
  #count(peer: string, size: number): boolean {
    if (this.#waiting.has(peer)) return false
    if (this.#bytes.size === 0) runNeutral(() => runSoon(() => this.#bytes.clear()))
    const bytes = (this.#bytes.get(peer) ?? 0) + size
    if (bytes > LARGE_MESSAGE) return false
    this.#bytes.set(peer, bytes)
    return true
  }

  /** Begins a turn: it ends with this turn of the event loop. */
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

  /** Starts what is next: a large message, or messages of one peer that are as large together. */
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
    // The peer is the last of all now.
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

/** The turns of the process: there is one event loop, whatever the number of servers, clients and connections. */
export const messageTurns = new MessageTurns()
