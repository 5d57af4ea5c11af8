/** What this package uses of the addon `@aster/iroh-native`. */
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
  address: string
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

export interface NativeFailure {
  kind: FailureKind
  code?: number | undefined
  message: string
}

/** The kinds of failures, numbered as in the addon. */
export const FailureKind = {
  CLOSED_BY_PEER: 1,
  CLOSED_HERE: 2,
  LOST: 3,
  TIMED_OUT: 4,
  UNREACHABLE: 5,
  MISUSE: 6,
  BIND: 7,
} as const
export type FailureKind = (typeof FailureKind)[keyof typeof FailureKind]

/** The kinds of events, numbered as in the addon. */
export const EventKind = {
  DONE: 1,
  FAILED: 2,
  READY: 3,
  ACCEPTED: 4,
  STREAM: 5,
  OPENABLE: 6,
  DATA: 7,
  READABLE: 8,
  END: 9,
  RESET: 10,
  STOPPED: 11,
  WROTE: 12,
  CLOSED: 13,
  ACCEPT_ENDED: 14,
} as const
