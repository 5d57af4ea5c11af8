import { AsterError, implement, RpcError, type ServiceImplementation, StatusCode } from '@aster/rpc-core'
import { type AbortSource, onAbort } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { HealthService, type HealthStatus } from './health-service.ts'

/** The statuses that `Health.set` accepts. A service that was never set is `SERVICE_UNKNOWN` to its watchers. */
export type SettableStatus = Exclude<HealthStatus, 'SERVICE_UNKNOWN'>

const SETTABLE: readonly SettableStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING']

/**
 * Holds the status of each service of a server, and answers health checks with them. The name `''` stands for the server as
 * a whole, which is `SERVING` from the beginning. No status is derived from another.
 */
export class Health {
  /** The health service. Offer it beside the services whose statuses it reports. */
  readonly service: ServiceImplementation
  readonly #statuses = new Map<string, SettableStatus>([['', 'SERVING']])
  /** Wakes each watcher that has sent the latest status and waits for another. */
  readonly #waiting = new Set<() => void>()
  #over = false

  constructor() {
    this.service = implement(HealthService, {
      check: ({ service }) => {
        const status = this.get(service)
        if (status === undefined) throw new RpcError(StatusCode.NOT_FOUND, `no status of service '${service}' is known`)
        return { status }
      },
      watch: ({ service }, { signal }) => this.#watch(service, signal),
    })
  }

  /**
   * Returns the status of a service, or `undefined` if it was never set.
   *
   * @param service the name of a service, or `''` for the server as a whole
   */
  get(service: string): HealthStatus | undefined {
    return this.#statuses.get(service)
  }

  /**
   * Sets the status of a service and reports it to all watchers of that service. Does nothing after `shutdown()`.
   *
   * @param service the name of a service, or `''` for the server as a whole
   * @throws AsterError if `status` is not `UNKNOWN`, `SERVING` or `NOT_SERVING`, or if `service` is not a string
   */
  set(service: string, status: SettableStatus): void {
    if (typeof service !== 'string')
      throw new AsterError(`Health.set: expected service as a string, found ${typeof service}`)
    if (!SETTABLE.includes(status))
      throw new AsterError(`Health.set: expected status as ${SETTABLE.join(', ')}, found ${describeStatus(status)}`)
    if (this.#over) return
    this.#statuses.set(service, status)
    this.#wake()
  }

  /**
   * Sets `NOT_SERVING` for every service that has a status, for good. Each watcher receives the last status of its service,
   * and then its stream ends, so that watchers do not delay a server that waits for its running calls. Further calls do nothing.
   */
  shutdown(): void {
    this.#over = true
    for (const service of this.#statuses.keys()) this.#statuses.set(service, 'NOT_SERVING')
    this.#wake()
  }

  /**
   * Yields each new status. A slow watcher receives only the latest status, since the generator reads the next status when there is
   * room to send it.
   */
  async *#watch(service: string, signal: AbortSource): AsyncGenerator<{ status: HealthStatus }> {
    let sent: HealthStatus | undefined
    while (!signal.aborted) {
      const status = this.get(service) ?? 'SERVICE_UNKNOWN'
      if (status !== sent) {
        sent = status
        yield { status }
      } else if (this.#over) {
        return
      } else {
        await this.#waitForChange(signal)
      }
    }
  }

  /** Resolves when any status changes, or when the signal aborts. */
  async #waitForChange(signal: AbortSource): Promise<void> {
    let wake = (): void => {}
    const changed = new Promise<void>((resolve) => (wake = resolve))
    this.#waiting.add(wake)
    const stopListening = onAbort(signal, wake)
    await changed
    stopListening()
    this.#waiting.delete(wake)
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

function describeStatus(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : typeof value
}
