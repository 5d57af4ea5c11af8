import { runGuarded } from './guarded.ts'
import { captureContext } from './signals/async-context.ts'

/**
 * Calls listeners with events. `Events` maps the names of events to their types. Each listener runs in the async context in
 * which it was added. A listener that fails affects neither the other listeners nor the emitter.
 */
export class EventHub<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()
  readonly #onError: (error: unknown, name: keyof Events) => void

  /** @param onError receives the error that a listener throws, or with which its promise rejects */
  constructor(onError: (error: unknown, name: keyof Events) => void) {
    this.#onError = onError
  }

  /** Adds a listener. Returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const all = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, all)
    const run = captureContext()
    // Each registration has its own function, so that the same listener may be added twice.
    const entry = (event: Events[Name]): unknown => run(() => listener(event))
    all.add(entry)
    return () => void all.delete(entry)
  }

  /** Calls every listener of `name`, in the order in which they were added. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const all = this.#listeners.get(name) as Set<(event: Events[Name]) => unknown> | undefined
    for (const listener of all ?? [])
      runGuarded(
        () => listener(event),
        (error) => this.#onError(error, name),
      )
  }
}
