import { runGuarded } from './guarded.ts'
import { captureContext } from './signals/async-context.ts'

/**
 * Calls listeners with events, by the names of `Events`: each in the async context in which it was added. A listener that fails
 * disturbs neither the others nor the emitter.
 */
export class EventHub<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()
  readonly #onError: (error: unknown, name: keyof Events) => void

  /** @param onError takes what a listener throws, or what its promise rejects with */
  constructor(onError: (error: unknown, name: keyof Events) => void) {
    this.#onError = onError
  }

  /** Adds a listener. Returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const all = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, all)
    const run = captureContext()
    // A function of its own, so that the same listener may be added twice.
    const entry = (event: Events[Name]): unknown => run(() => listener(event))
    all.add(entry)
    return () => void all.delete(entry)
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const all = this.#listeners.get(name) as Set<(event: Events[Name]) => unknown> | undefined
    for (const listener of all ?? [])
      runGuarded(
        () => listener(event),
        (error) => this.#onError(error, name),
      )
  }
}
