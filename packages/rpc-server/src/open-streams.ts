import type { RpcError } from '@aster/rpc-core'
import { AbortScope, type AbortSource, onAbort } from '@aster/rpc-core/protocol'

/**
 * How far a stream is. `opening`: nothing has begun · `running`: it was asked for something, and the answer is not out yet ·
 * `answered`: the consumer has still to take note
 */
type Progress = 'opening' | 'running' | 'answered'

/** A stream that is being served. */
export interface ServedStream {
  /** Ends what runs on it: the reason reaches the handler's signal, and the consumer unless it is gone. */
  readonly scope: AbortScope
  readonly progress: (progress: Progress) => void
}

/** The streams of one connection that are being served, as many as there may be at a time. */
export class OpenStreams {
  readonly #max: number
  readonly #streams = new Map<AbortScope, Progress>()
  readonly #watchers = new Set<() => void>()
  /** Aborts when no more calls are taken, in open sessions neither. */
  readonly refusing = new AbortScope()

  constructor(max: number) {
    this.#max = max
  }

  /** Serves one more. `run` never rejects. */
  add(run: (stream: ServedStream) => Promise<void>): void {
    const scope = new AbortScope()
    this.#streams.set(scope, 'opening')
    if (this.refusing.aborted) scope.abort(this.refusing.reason)
    const progress = (how: Progress): void => {
      this.#streams.set(scope, how)
      this.#changed()
    }
    void run({ scope, progress }).finally(() => {
      this.#streams.delete(scope)
      this.#changed()
    })
  }

  /** Whether there is no room for another one. Where all are refused there is room for any number. */
  get full(): boolean {
    return this.#streams.size >= this.#max && !this.refusing.aborted
  }

  /** Resolves when there is room again. */
  room(): Promise<void> {
    return this.#until(() => !this.full)
  }

  /** Refuses what comes from here on, and what has come and not begun. */
  refuse(reason: RpcError): void {
    for (const [scope, progress] of this.#streams) if (progress === 'opening') scope.abort(reason)
    this.refusing.abort(reason)
    this.#changed()
  }

  /** Resolves when nothing runs any more, or `signal` aborts. */
  answered(signal?: AbortSource): Promise<void> {
    return this.#until(() => [...this.#streams.values()].every((progress) => progress !== 'running'), signal)
  }

  /** Resolves when there is no stream any more, or `signal` aborts. */
  gone(signal?: AbortSource): Promise<void> {
    return this.#until(() => this.#streams.size === 0, signal)
  }

  /** Ends everything. */
  abort(reason: RpcError): void {
    for (const scope of this.#streams.keys()) scope.abort(reason)
  }

  #changed(): void {
    for (const look of this.#watchers) look()
  }

  /** Waits until `holds`, which is looked at whenever something changes. */
  #until(holds: () => boolean, signal?: AbortSource): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds() && signal?.aborted !== true) return
        this.#watchers.delete(look)
        off()
        resolve()
      }
      let off = (): void => {}
      this.#watchers.add(look)
      off = onAbort(signal, look)
      look()
    })
  }
}
