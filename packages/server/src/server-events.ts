/** The relay of an endpoint came, went, or is another one. */
export interface RelayEvent {
  /** The name of the channel that the endpoint is for. */
  readonly channel: string
  /** The URL of the relay through which the endpoint can be reached now; `undefined` if there is none. */
  readonly relayUrl: string | undefined
}

/** What happens to a server, by the names of its events. */
export interface ServerEvents {
  /** The address of an endpoint holds another relay than before. Noticed within three seconds. */
  relay: RelayEvent
}

export type ServerEventName = keyof ServerEvents
export type ServerEventListener<Name extends ServerEventName> = (event: ServerEvents[Name]) => void
