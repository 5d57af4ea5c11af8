import type { ServiceSummary } from '@aster/admission'
import type { Logger } from '@aster/rpc-core'
import { captureContext, runGuarded } from '@aster/rpc-core/protocol'

/** What happens to a client, by the names of its events. `endpointId` is the producer's. */
export interface ClientEvents {
  /** A producer admitted this client for the first time. */
  admitted: { readonly endpointId: string; readonly services: readonly ServiceSummary[] }
  /** The connection to a producer is gone, or could not be made again. Calls dial anew. */
  lost: { readonly endpointId: string; readonly reason: string }
  /** After `lost`: calls can go to that producer again. */
  reconnected: { readonly endpointId: string }
  /**
   * A producer admitted this client again: it had forgotten it, or was asked where a channel is that could not be reached, or
   * for a relay that its address lacks.
   */
  readmitted: { readonly endpointId: string; readonly services: readonly ServiceSummary[] }
  /**
   * The connection for calls to an endpoint uses this path now: a relay or a direct one, with its round-trip time of that
   * moment. The endpoint is the producer's, or one of its channels has it alone. Looked at every second; never for a transport
   * that does not know paths.
   */
  path: {
    readonly endpointId: string
    readonly kind: 'direct' | 'relay'
    readonly address: string
    readonly rttMs: number
  }
  /** `close()` is done. The last event. */
  closed: Record<string, never>
}

export type ClientEventName = keyof ClientEvents
export type ClientEventListener<Name extends ClientEventName> = (event: ClientEvents[Name]) => void

/** The listeners of a client. Each runs in the async context in which it was added; what it throws goes to the log. */
export class EventHub {
  readonly #listeners = new Map<ClientEventName, Set<(event: never) => void>>()
  readonly #logger: Logger | undefined

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  on<Name extends ClientEventName>(name: Name, listener: ClientEventListener<Name>): () => void {
    const all = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, all)
    const run = captureContext()
    // A function of its own, so that the same listener may be added twice.
    const entry = (event: ClientEvents[Name]): unknown => run(() => listener(event))
    all.add(entry)
    return () => void all.delete(entry)
  }

  emit<Name extends ClientEventName>(name: Name, event: ClientEvents[Name]): void {
    const all = this.#listeners.get(name) as Set<(event: ClientEvents[Name]) => unknown> | undefined
    const onError = (error: unknown): void =>
      this.#logger?.error({ err: error, event: name }, 'a listener of the client failed')
    for (const listener of all ?? []) runGuarded(() => listener(event), onError)
  }
}
