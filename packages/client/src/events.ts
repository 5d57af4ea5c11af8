import type { ServiceSummary } from '@aster/admission'
import type { Logger } from '@aster/rpc-core'
import { EventHub as ListenerHub } from '@aster/rpc-core/protocol'

/** The events of a client, by name. `endpointId` is the id of the producer. */
export interface ClientEvents {
  /** Emitted when a producer has admitted this client for the first time. */
  admitted: { readonly endpointId: string; readonly services: readonly ServiceSummary[] }
  /** Emitted when the connection to a producer is lost, or could not be made again. The next call dials again. */
  lost: { readonly endpointId: string; readonly reason: string }
  /** Emitted after `lost` when calls can reach the producer again. */
  reconnected: { readonly endpointId: string }
  /**
   * Emitted when a producer has admitted this client again. The client asks again if the producer has forgotten it, if a channel
   * cannot be reached at its known address, or if the producer's address lacks a relay.
   */
  readmitted: { readonly endpointId: string; readonly services: readonly ServiceSummary[] }
  /**
   * Emitted when the connection for calls to an endpoint uses another path: a relay or a direct one, with its current round-trip
   * time. The endpoint is that of the producer or of one of its channels. Paths are checked every second. Transports without
   * paths emit no such event.
   */
  path: {
    readonly endpointId: string
    readonly kind: 'direct' | 'relay'
    readonly address: string
    readonly rttMs: number
  }
  /** Emitted last, when `close()` is done. */
  closed: Record<string, never>
}

/** The name of an event of a client. */
export type ClientEventName = keyof ClientEvents
/** A function that receives the events of one name. */
export type ClientEventListener<Name extends ClientEventName> = (event: ClientEvents[Name]) => void

/** The listeners of a client. Errors of listeners are logged. */
export class EventHub extends ListenerHub<ClientEvents> {
  constructor(logger: Logger | undefined) {
    super((err, event) => logger?.error({ err, event }, 'a listener of the client failed'))
  }
}
