/** Describes a change of an endpoint's relay: the endpoint has got a relay, has lost it, or has moved to another one. */
export interface RelayEvent {
  /** The name of the endpoint's channel. */
  readonly channel: string
  /** The URL of the relay through which the endpoint can be reached now; `undefined` if the endpoint has no relay. */
  readonly relayUrl: string | undefined
}

/** The events of a server, by name. */
export interface ServerEvents {
  /** Emitted within three seconds after the relay in the address of an endpoint has changed. */
  relay: RelayEvent
}

/** The name of an event of a server. */
export type ServerEventName = keyof ServerEvents
/** A function that receives the events of one name. */
export type ServerEventListener<Name extends ServerEventName> = (event: ServerEvents[Name]) => void
