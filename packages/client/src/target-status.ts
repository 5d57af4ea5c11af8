import type { ServiceSummary } from '@aster/admission'
import type { ConnectionPath, Logger } from '@aster/rpc-core'
import type { EventHub } from './events.ts'

/** The options of a `TargetStatus`. */
export interface TargetStatusOptions {
  readonly endpointId: string
  readonly events: EventHub
  readonly logger: Logger | undefined
}

/**
 * Tracks whether a target is up, as far as is known. Emits an event of the client for every change.
 *
 * - down → up: `admitted` the first time, then `reconnected`
 * - up → down: `lost`
 */
export class TargetStatus {
  readonly #options: TargetStatusOptions
  #up = false
  #admitted = false
  /** The reason that was logged last; `undefined` when the target works again. */
  #logged: string | undefined
  /** True if the warning about unused addresses has been logged. */
  #isTold = false

  constructor(options: TargetStatusOptions) {
    this.#options = options
  }

  /** True if the target has admitted this client, and the last connection to it was established and is open. */
  get up(): boolean {
    return this.#up
  }

  /** Records an admission. Only the first one marks the target as up; later, the connection for calls does. */
  markAdmitted(services: readonly ServiceSummary[]): void {
    const { endpointId, events } = this.#options
    const first = !this.#admitted
    this.#admitted = true
    if (first) this.#up = true
    events.emit(first ? 'admitted' : 'readmitted', { endpointId, services })
  }

  markUp(): void {
    if (this.#up) return
    const { endpointId, events } = this.#options
    this.#up = true
    events.emit('reconnected', { endpointId })
  }

  markDown(reason: string): void {
    if (!this.#up) return
    const { endpointId, events } = this.#options
    this.#up = false
    events.emit('lost', { endpointId, reason })
  }

  /**
   * Reports the path of a connection to `endpointId`, the endpoint of the target or of one of its channels. The first path is
   * logged as known, not as changed.
   */
  tellPath(endpointId: string, { kind, address, rttMs }: ConnectionPath, before: ConnectionPath | undefined): void {
    const { events, logger } = this.#options
    const event = { endpointId, kind, address, rttMs }
    if (before === undefined) logger?.debug(event, 'the path to a producer is known')
    else logger?.debug({ ...event, before: before.address }, 'the path to a producer has changed')
    events.emit('path', event)
  }

  /** Warns once about addresses in an admission that are not used. */
  warnOfAddresses(leftOut: number): void {
    const { endpointId, logger } = this.#options
    if (leftOut > 0 && !this.#isTold)
      logger?.warn(
        { endpointId, leftOut },
        'a producer names addresses that are not used: more than 15 of a channel, or loopback addresses although it is on another machine',
      )
    this.#isTold = leftOut > 0
  }

  /** Logs a failure if its reason differs from the last one, or if the target has worked in between. */
  logFailure(reason: string): void {
    const { endpointId, logger } = this.#options
    if (this.#logged !== reason) logger?.warn({ endpointId, reason }, 'a producer cannot be used')
    this.#logged = reason
  }

  clearFailure(): void {
    this.#logged = undefined
  }
}
