import type { ServiceSummary } from '@aster/admission'
import type { ConnectionPath, Logger } from '@aster/rpc-core'
import type { EventHub } from './events.ts'

export interface TargetStatusOptions {
  readonly endpointId: string
  readonly events: EventHub
  readonly logger: Logger | undefined
}

/**
 * Whether a target is up, as far as is known. Every change is an event of the client.
 *
 * - down → up: `admitted` the first time, then `reconnected`
 * - up → down: `lost`
 */
export class TargetStatus {
  readonly #options: TargetStatusOptions
  #up = false
  #admitted = false
  /** The reason in the log, until the target works again. */
  #logged: string | undefined
  /** Whether the log has been told of addresses that are not used. */
  #isTold = false

  constructor(options: TargetStatusOptions) {
    this.#options = options
  }

  /** The target has admitted this client, and the last connection to it could be made and stands. */
  get up(): boolean {
    return this.#up
  }

  /** An admission after the first does not bring a target up: the connection for calls comes later. */
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

  /** Tells of the path of a connection to `endpointId`, which the target or one of its channels has; the first one is no news. */
  tellPath(endpointId: string, { kind, address, rttMs }: ConnectionPath, before: ConnectionPath | undefined): void {
    const { events, logger } = this.#options
    const event = { endpointId, kind, address, rttMs }
    if (before === undefined) logger?.debug(event, 'the path to a producer is known')
    else logger?.debug({ ...event, before: before.address }, 'the path to a producer has changed')
    events.emit('path', event)
  }

  /** Logs that addresses in an admission are not used, unless it has logged so already. */
  warnOfAddresses(leftOut: number): void {
    const { endpointId, logger } = this.#options
    if (leftOut > 0 && !this.#isTold)
      logger?.warn(
        { endpointId, leftOut },
        'a producer names addresses that are not used: more than 15 of a channel, or loopback addresses although it is on another machine',
      )
    this.#isTold = leftOut > 0
  }

  /** Logs only when the reason has changed, or the target has worked meanwhile. */
  logFailure(reason: string): void {
    const { endpointId, logger } = this.#options
    if (this.#logged !== reason) logger?.warn({ endpointId, reason }, 'a producer cannot be used')
    this.#logged = reason
  }

  clearFailure(): void {
    this.#logged = undefined
  }
}
