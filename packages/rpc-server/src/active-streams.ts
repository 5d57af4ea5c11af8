import type { RpcError } from '@aster/rpc-core'
import { AbortScope, type AbortSource, epochNow, onAbort } from '@aster/rpc-core/protocol'

/**
 * The state of an active stream.
 *
 * - `'opening'`: the header has not arrived.
 * - `'running'`: a call or a session, or its answer, is under way.
 * - `'answered'`: the last answer has been sent, and the consumer has to end its side.
 */
type StreamState = 'opening' | 'running' | 'answered'

/** One active stream, as the code that serves it sees it. */
export interface ActiveStream {
  /** Ends everything that runs on the stream. The reason reaches the signals of handlers, and the consumer if possible. */
  readonly scope: AbortScope
  readonly setState: (state: StreamState) => void
}

/** The longest gap between two periods without room that count as one, in milliseconds: a waiting stream fills it soon. */
const SAME_WAIT_MS = 1_000

/** The streams of one connection that are served now, up to a maximum. */
export class ActiveStreams {
  readonly #max: number
  readonly #states = new Map<AbortScope, StreamState>()
  /** The number of streams in each state. */
  readonly #counts = { opening: 0, running: 0, answered: 0 }
  readonly #watchers = new Set<() => void>()
  /** The last period without room, in milliseconds since the epoch. */
  #fullFrom = Infinity
  #fullUntil = -Infinity
  /** When the last call or session was answered, or its stream ended, in milliseconds since the epoch. */
  #lastUse = epochNow()
  /** Aborts when no more calls are accepted, also on open sessions. */
  readonly refusing = new AbortScope()

  constructor(max: number) {
    this.#max = max
  }

  /** Adds a stream and serves it with `serve`, which reports its own errors. The stream is active until the promise settles. */
  add(serve: (stream: ActiveStream) => Promise<void>): void {
    const scope = new AbortScope()
    this.#enter(scope, 'opening')
    if (this.#states.size >= this.#max && this.#fullUntil !== Infinity) {
      const now = epochNow()
      if (now - this.#fullUntil > SAME_WAIT_MS) this.#fullFrom = now
      this.#fullUntil = Infinity
    }
    if (this.refusing.aborted) scope.abort(this.refusing.reason)
    const setState = (state: StreamState): void => {
      this.#leave(scope)
      this.#enter(scope, state)
      this.#changed()
    }
    const end = (): void => {
      if (this.#states.size >= this.#max) this.#fullUntil = epochNow()
      this.#leave(scope)
      this.#states.delete(scope)
      this.#changed()
    }
    serve({ scope, setState }).then(end, end)
  }

  /** The number of streams that wait for their first frame, and of those with a call or session under way. */
  get counts(): { opening: number; running: number } {
    const { opening, running } = this.#counts
    return { opening, running }
  }

  /**
   * The time since which no call or session has been under way, in milliseconds since the epoch; `undefined` if one is under way.
   * A stream that ends without a header is no use of the connection.
   */
  get idleSince(): number | undefined {
    return this.#counts.running > 0 ? undefined : this.#lastUse
  }

  /** The same, `undefined` also while any stream is open: its header may be under way. */
  get unusedSince(): number | undefined {
    return this.#states.size > 0 ? undefined : this.#lastUse
  }

  /** Whether another stream has to wait; false while streams are refused, since a refusal takes no time. */
  get full(): boolean {
    return this.#states.size >= this.#max && !this.refusing.aborted
  }

  /** Returns whether a stream that arrived at `time`, in milliseconds since the epoch, may have waited for another to end. */
  wasFullAt(time: number): boolean {
    return time >= this.#fullFrom && time <= this.#fullUntil
  }

  /** Resolves when another stream can be added. */
  whenRoom(): Promise<void> {
    return this.#until(() => !this.full)
  }

  /** Refuses all further calls, and the streams that are still opening. */
  refuse(reason: RpcError): void {
    for (const [scope, state] of this.#states) if (state === 'opening') scope.abort(reason)
    this.refusing.abort(reason)
    this.#changed()
  }

  /** Resolves when no stream is running, or when `signal` aborts. */
  whenIdle(signal?: AbortSource): Promise<void> {
    return this.#until(() => this.#counts.running === 0, signal)
  }

  /** Resolves when no stream is active, or when `signal` aborts. */
  whenEmpty(signal?: AbortSource): Promise<void> {
    return this.#until(() => this.#states.size === 0, signal)
  }

  /** Ends everything that runs on any stream. */
  abort(reason: RpcError): void {
    for (const scope of this.#states.keys()) scope.abort(reason)
  }

  #enter(scope: AbortScope, state: StreamState): void {
    this.#states.set(scope, state)
    this.#counts[state]++
  }

  #leave(scope: AbortScope): void {
    const state = this.#states.get(scope)
    if (state === undefined) return
    this.#counts[state]--
    // While another call runs, the time is not asked for.
    if (state !== 'opening' && this.#counts.running === 0) this.#lastUse = epochNow()
  }

  #changed(): void {
    for (const check of this.#watchers) check()
  }

  /** Resolves when `condition` holds, which is checked at every change, or when `signal` aborts. */
  #until(condition: () => boolean, signal?: AbortSource): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition() && signal?.aborted !== true) return
        this.#watchers.delete(check)
        stopListening()
        resolve()
      }
      let stopListening = (): void => {}
      this.#watchers.add(check)
      stopListening = onAbort(signal, check)
      check()
    })
  }
}
