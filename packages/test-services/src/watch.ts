import { RpcError } from '@aster/rpc-core'

/** A record of the events in a service's handlers, for a test on the other side of the call. */
export class Watch {
  /** The events so far, in order. */
  readonly events: string[] = []
  #waiting: { event: string; resolve: () => void }[] = []

  /** Records an event. */
  note(event: string): void {
    this.events.push(event)
    this.#waiting = this.#waiting.filter((one) => {
      if (one.event !== event) return true
      one.resolve()
      return false
    })
  }

  /** Resolves when the event has been recorded. */
  saw(event: string): Promise<void> {
    if (this.events.includes(event)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ event, resolve }))
  }

  /** Records `event` and the reason when `signal` aborts. */
  noteAbort(signal: AbortSignal, event: string, describe = ({ codeName }: RpcError): string => codeName): void {
    signal.addEventListener('abort', () => {
      const { reason } = signal
      this.note(`${event}: ${reason instanceof RpcError ? describe(reason) : String(reason)}`)
    })
  }

  /** Returns how often the event has been recorded. */
  count(event: string): number {
    return this.events.filter((one) => one === event).length
  }
}

/** Rejects with the reason of `signal` when it aborts. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
