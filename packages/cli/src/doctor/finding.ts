/** What one look has found. */
export interface Finding {
  /** What was looked at: `identity file`. */
  readonly name: string
  /** `ok`; `odd` works but may not be meant; `bad` stands in the way; `skipped` was not looked at. */
  readonly state: 'ok' | 'odd' | 'bad' | 'skipped'
  readonly found: string
  /** What to do about it. */
  readonly remedy?: string | undefined
}

/** What the looks need of the machine beside files and the environment; tests plant faults in it. */
export interface World {
  /** `22.18.0` */
  readonly nodeVersion: string
  /** Opens an endpoint, which shows that the binding loads and that the port is free. */
  readonly bind: (options: BindOptions) => Promise<BoundEndpoint>
  /** Asks a relay; returns the time that its answer has, in milliseconds since the epoch. */
  readonly askRelay: (url: string) => Promise<number | undefined>
  /** Resolves the name of a host. */
  readonly lookup: (host: string) => Promise<unknown>
}

/** The addon that runs iroh. */
export interface UsedBinding {
  readonly name: 'native' | 'number0'
  /** Why the native one is not used, though nothing forces the other. */
  readonly reason?: string | undefined
}

export interface BindOptions {
  readonly secretKey?: Uint8Array | undefined
  readonly relayMode?: string | undefined
  readonly relayToken?: string | undefined
  readonly discovery?: boolean | undefined
  readonly bindAddr?: string | undefined
}

export interface BoundEndpoint {
  readonly endpointId: string
  readonly binding: UsedBinding
  /** Resolves to the URL of the relay that was reached; `undefined` if none was within the time. */
  relay(ms: number): Promise<string | undefined>
  close(): Promise<void>
}
