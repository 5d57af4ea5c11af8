import { AsterError, implement, RpcError, type ServiceImplementation, StatusCode } from '@aster/rpc-core'
import { type AbortSource, onAbort } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { HealthService, type HealthStatus } from './health-service.ts'

/** What a service can be set to; `SERVICE_UNKNOWN` is what it is without. */
export type SettableStatus = Exclude<HealthStatus, 'SERVICE_UNKNOWN'>

const SETTABLE: readonly SettableStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING']

/**
 * The statuses of one server's services, by their names, and the service that tells of them. `''`, the server as a whole,
 * is `SERVING` from the beginning; no status follows from another.
 */
export class Health {
  /** To be offered beside the services that it tells of. */
  readonly service: ServiceImplementation
  readonly #statuses = new Map<string, SettableStatus>([['', 'SERVING']])
  /** Watchers that have sent what there is. */
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

  /** The status of a service, `''` for the server as a whole; `undefined` for one that was never set. */
  get(service: string): HealthStatus | undefined {
    return this.#statuses.get(service)
  }

  /**
   * Tells all who watch the service. Ignored after `shutdown()`.
   *
   * @throws AsterError for a status other than `UNKNOWN`, `SERVING` and `NOT_SERVING`, and a name that is no text
   */
  set(service: string, status: SettableStatus): void {
    if (typeof service !== 'string')
      throw new AsterError(`Health.set: expected service as a text, found ${typeof service}`)
    if (!SETTABLE.includes(status))
      throw new AsterError(`Health.set: expected status as ${SETTABLE.join(', ')}, found ${describeStatus(status)}`)
    if (this.#over) return
    this.#statuses.set(service, status)
    this.#wake()
  }

  /**
   * Sets every service to `NOT_SERVING`, for good. Those who watch are told, and then their streams end, so that they do not
   * hold up a server that waits for its calls. Safe to call again.
   */
  shutdown(): void {
    this.#over = true
    for (const service of this.#statuses.keys()) this.#statuses.set(service, 'NOT_SERVING')
    this.#wake()
  }

  /** Is asked for the next status only when there is room to send it: a slow watcher gets the latest. */
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

  /** Resolves when anything changes, or the signal aborts. */
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
