import type { ServiceSummary } from '@aster/admission'
import type { Logger } from '@aster/rpc-core'
import { EventHub as ListenerHub } from '@aster/rpc-core/protocol'

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

/** The listeners of a client. What one throws goes to the log. */
export class EventHub extends ListenerHub<ClientEvents> {
  constructor(logger: Logger | undefined) {
    super((err, event) => logger?.error({ err, event }, 'a listener of the client failed'))
  }
}
