/**
 * The rings of one environment (the main thread, or a worker). Methods enqueue operations and return at once. Results are
 * events, which `drain` returns in batches. Operations of streams, `open` and `release` run with the next `flush`; all
 * other operations run at once, after those that were enqueued before them.
 */
export interface Net {
  /**
   * Binds an endpoint. Returns the handle of the operation, which is that of the endpoint if it succeeds.
   *
   * @throws Error if an option is wrong, or if too many handles are in use
   */
  bind(options: NativeBindOptions): number
  /** Sets the protocols that an endpoint accepts. */
  setAlpns(endpoint: number, alpns: string[]): void
  /** Closes an endpoint. An event follows when its sockets are free. */
  closeEndpoint(endpoint: number): void
  /**
   * Dials a peer. Returns the handle of the operation, which is that of the connection if it succeeds.
   *
   * @throws Error if the id, an address or the URL is wrong, or if too many handles are in use
   */
  dial(endpoint: number, id: string, addresses: string[], relayUrl: string | undefined, alpn: string): number
  /** Cancels a dial or a bind. No event follows. */
  cancel(operation: number): void
  /** Closes a connection with a code and a reason. */
  close(connection: number, code: number, reason: string): void
  /**
   * Opens a stream. Returns its handle.
   *
   * @throws Error if too many handles are in use
   */
  open(connection: number): number
  /** Queues bytes, which are copied before the method returns, and finishes the sending half if `finish` is true. */
  write(stream: number, bytes: Uint8Array, finish: boolean): void
  /** Finishes the sending half, after the queued bytes. */
  finish(stream: number): void
  /** Abandons the sending half with a code, and drops the queued bytes. */
  reset(stream: number, code: number): void
  /** Abandons the receiving half with a code. */
  stop(stream: number, code: number): void
  /** Reports that JavaScript has read `bytes` more bytes of a stream, so that the addon reads on. */
  want(stream: number, bytes: number): void
  /** Releases a handle, and ends the object that it names. No event about it follows. */
  release(handle: number): void
  /** Makes the net thread run the submitted operations of streams. */
  flush(): void
  /**
   * Writes events to `meta`, four numbers each, and small pieces of data to `slab`. Returns the number of events. If fewer
   * events are returned than fit, there are no more.
   */
  drain(slab: Uint8Array, meta: Float64Array): number
  /** Copies waiting bytes of a stream to `into`. Returns the number of bytes copied. */
  take(stream: number, into: Uint8Array): number
  /**
   * Returns why an operation failed or a connection ended, and forgets it. Returns `null` if no failure is kept for the
   * handle.
   */
  failure(handle: number): NativeFailure | null
  /** Returns the address of an endpoint, or `null` once it is closed. */
  endpointInfo(handle: number): NativeEndpointInfo | null
  /** Returns the id of the peer and the protocol, or `null` once the connection is gone. */
  connectionInfo(handle: number): { remoteId: string; alpn: string } | null
  /** Returns the open paths of a connection. Empty once the connection is gone. */
  paths(handle: number): NativePath[]
  /** Returns the counts of a connection, or `null` once it is gone. */
  stats(handle: number): NativeStats | null
}

/** How long a peer may be silent while a stream is read, in milliseconds. */
export interface NativeSilence {
  /** On a path that is not loopback. If absent, only the limit of QUIC counts. */
  allowedMs?: number | undefined
  /** The least silence while several paths are open. */
  severalPathsMs: number
  /** On a loopback path, beside the round trips. If absent, `allowedMs` counts. */
  loopbackMs?: number | undefined
  /** Round trips that are added on a loopback path. */
  loopbackRoundTrips: number
  /** The most silence on a loopback path, with the round trips. */
  loopbackMostMs: number
}

/** The options of `bind`, checked by the caller. */
export interface NativeBindOptions {
  /**
   * The ed25519 secret key, 32 bytes.
   *
   * @default a new key
   */
  secretKey?: Uint8Array | undefined
  /** The sockets to bind. If empty, all interfaces of both IP families. */
  addresses: string[]
  /** A socket of the other IP family, which the machine may not have. */
  optionalAddress?: string | undefined
  /** The protocols that are accepted. */
  alpns: string[]
  /** The relays: n0's, those of n0's staging network, none, or `relayUrls`. */
  relayMode: 'default' | 'staging' | 'disabled' | 'own'
  /** The URLs of your own relays. */
  relayUrls: string[]
  /** The token that your own relays require. A secret. */
  relayToken?: string | undefined
  /** Whether peers are found, and this endpoint can be found, by id alone, through n0's DNS. */
  discovery: boolean
  /** Streams that a peer may have open on a connection that the peer dialled. On one that this side dialled it is 100. */
  maxStreams: number
  /**
   * Milliseconds without a packet after which QUIC ends a connection.
   *
   * @default that of iroh
   */
  idleTimeoutMs?: number | undefined
  /**
   * Milliseconds between the pings of QUIC.
   *
   * @default that of iroh
   */
  keepAliveMs?: number | undefined
  /** The silence allowed on connections that this side dialled. */
  dialled: NativeSilence
  /** The silence allowed on connections that the peer dialled. */
  accepted: NativeSilence
}

/** The address of an endpoint. */
export interface NativeEndpointInfo {
  /** The public key: 64 lower-case hex digits. */
  id: string
  /** The addresses at which iroh found that the endpoint can be reached. */
  addresses: string[]
  /** The bound sockets. */
  sockets: string[]
  /** The URL of the relay, once it is known. */
  relayUrl?: string | undefined
}

/** A path of a connection. */
export interface NativePath {
  /** Whether the path goes through a relay. */
  isRelay: boolean
  /** The URL of a relay, or the address of a socket. */
  remoteAddr: string
  /** The round-trip time in milliseconds. */
  rttMs: number
  /** Whether the path is in use. */
  isSelected: boolean
}

/** Counts since the connection began. */
export interface NativeStats {
  /** UDP datagrams that were received. */
  receivedDatagrams: number
  /** Bytes of UDP datagrams that were received. */
  receivedBytes: number
  /** UDP datagrams that were sent. */
  sentDatagrams: number
  /** Bytes of UDP datagrams that were sent. */
  sentBytes: number
  /** QUIC packets that count as lost. */
  lostPackets: number
}

/** Why an operation failed, or how a connection ended. */
export interface NativeFailure {
  /** The kind, as `Kind` in crate/src/failure.rs numbers it. */
  kind: number
  /** The code with which the connection was closed, by the peer or by this side (kind 8). */
  code?: number | undefined
  /** A description of the failure; that of the peer if the peer closed the connection. */
  message: string
}

/** The exports of the addon. */
export interface Addon {
  /** The version of the crate from which the addon was built. */
  readonly VERSION: string
  /** Creates the rings. `onReady` is called when events can be drained, at most once until `drain` has returned all of them. */
  readonly Net: new (onReady: () => void) => Net
}
