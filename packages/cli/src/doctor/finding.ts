/** The result of one check. */
export interface Finding {
  /** The subject of the check: `identity file`. */
  readonly name: string
  /** `ok`; `odd` if it works but may be a mistake; `bad` if calls will fail; `skipped` if it was not checked. */
  readonly state: 'ok' | 'odd' | 'bad' | 'skipped'
  readonly found: string
  /** The remedy. */
  readonly remedy?: string | undefined
}

/** The parts of the machine that the checks use beside files and the environment. Tests plant faults in it. */
export interface World {
  /** The version of Node: `22.18.0`. */
  readonly nodeVersion: string
  /** Opens an endpoint, which proves that the binding loads and that the port is free. */
  readonly bind: (options: BindOptions) => Promise<BoundEndpoint>
  /** Sends a request to a relay. Returns the time in its answer, in milliseconds since the epoch. */
  readonly askRelay: (url: string) => Promise<number | undefined>
  /** Looks up the name of a host. */
  readonly lookup: (host: string) => Promise<unknown>
}

/** The native addon that runs iroh. */
export interface UsedBinding {
  readonly name: 'native' | 'number0'
  /** The reason why the native binding is not in use, if the other one was not forced. */
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
  /** Resolves to the URL of the relay that was reached, or to `undefined` if no relay was reached in time. */
  relay(ms: number): Promise<string | undefined>
  close(): Promise<void>
}
