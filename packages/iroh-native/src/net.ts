/**
 * The rings of one environment (the main thread, or a worker). Methods enqueue operations and return at once; what comes of
 * them are events, which `drain` returns in batches. Operations of streams, `open` and `release` run with the next `flush`,
 * all others at once, with what was enqueued before them.
 */
export interface Net {
  bind(options: NativeBindOptions): number
  setAlpns(endpoint: number, alpns: string[]): void
  closeEndpoint(endpoint: number): void
  dial(endpoint: number, id: string, addresses: string[], relayUrl: string | undefined, alpn: string): number
  cancel(operation: number): void
  close(connection: number, code: number, reason: string): void
  open(connection: number): number
  write(stream: number, bytes: Uint8Array, finish: boolean): void
  finish(stream: number): void
  reset(stream: number, code: number): void
  stop(stream: number, code: number): void
  want(stream: number, bytes: number): void
  release(handle: number): void
  flush(): void
  drain(slab: Uint8Array, meta: Float64Array): number
  take(stream: number, into: Uint8Array): number
  failure(handle: number): NativeFailure | null
  endpointInfo(handle: number): NativeEndpointInfo | null
  connectionInfo(handle: number): { remoteId: string; alpn: string } | null
  paths(handle: number): NativePath[]
  stats(handle: number): NativeStats | null
}

export interface NativeSilence {
  allowedMs?: number | undefined
  severalPathsMs: number
  loopbackMs?: number | undefined
  loopbackRoundTrips: number
  loopbackMostMs: number
}

export interface NativeBindOptions {
  secretKey?: Uint8Array | undefined
  addresses: string[]
  optionalAddress?: string | undefined
  alpns: string[]
  relayMode: 'default' | 'staging' | 'disabled' | 'own'
  relayUrls: string[]
  relayToken?: string | undefined
  discovery: boolean
  maxStreams: number
  idleTimeoutMs?: number | undefined
  keepAliveMs?: number | undefined
  ackEvery: number
  dialled: NativeSilence
  accepted: NativeSilence
}

export interface NativeEndpointInfo {
  id: string
  addresses: string[]
  sockets: string[]
  relayUrl?: string | undefined
}

export interface NativePath {
  isRelay: boolean
  /** The URL of a relay, or a socket's address. */
  remoteAddr: string
  rttMs: number
  isSelected: boolean
}

export interface NativeStats {
  receivedDatagrams: number
  receivedBytes: number
  sentDatagrams: number
  sentBytes: number
  lostPackets: number
}

/** Why an operation failed, or how a connection ended. */
export interface NativeFailure {
  /** A number of `Kind` in crate/src/failure.rs. */
  kind: number
  /** The code with which the connection was closed, by the peer or by this side (kind 8). */
  code?: number | undefined
  message: string
}

/** What the addon exports. */
export interface Addon {
  /** Of the crate that the addon was built from. */
  readonly VERSION: string
  /** `onReady` is called when events can be drained: at most once until `drain` has returned all of them. */
  readonly Net: new (onReady: () => void) => Net
}
