import { type Logger, TransportError } from '@aster/rpc-core'
import { misuseError } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { assertSocketAddress } from './addresses.ts'

/** The options of an endpoint that every transport over iroh shares. */
export interface BindOptions {
  /**
   * The ed25519 secret key, 32 bytes, from which the endpoint id follows. A secret.
   *
   * @default a new key
   */
  readonly secretKey?: Uint8Array | undefined
  /**
   * The relays through which peers are reached, and can reach this endpoint: the public ones of n0, which makes
   * iroh, those of n0's staging network, none, or your own by URL.
   *
   * @default 'default'
   */
  readonly relayMode?:
    | 'default'
    | 'staging'
    | 'disabled'
    | (string & {})
    | { readonly urls: readonly string[] }
    | undefined
  /**
   * The token that your own relays require. A secret.
   *
   * @default none
   */
  readonly relayToken?: string | undefined
  /**
   * Whether peers are found, and this endpoint can be found, by endpoint id alone, through n0's DNS.
   *
   * @default true with n0's relays, else false
   */
  readonly discovery?: boolean | undefined
  /**
   * The socket: `ip:port` or `[v6]:port`. Port 0 takes a free one. With a loopback address the endpoint is reachable on
   * this machine only; with any other address, the other IP family is bound on all interfaces.
   *
   * @default all interfaces, free ports
   */
  readonly bindAddr?: string | undefined
}

/** The options of `IrohTransport.bind`. */
export interface IrohTransportOptions extends BindOptions {
  /**
   * The most streams that a peer may have open on a connection that the peer dialled: at least 100. On a connection that this
   * side dialled, a peer may have 100 streams open, the number that QUIC grants by default.
   *
   * @default 1024
   */
  readonly maxStreams?: number
  /**
   * Milliseconds without a packet after which a peer counts as gone, if a read waits for it: at least 1,000. With
   * `Infinity` only QUIC's own limit of 30 s counts.
   *
   * @default 15,000 if this side dialled, 20,000 while several paths are open, 30,000 if the peer dialled, 2,000 on
   *   loopback paths
   */
  readonly deadPeerMs?: number | undefined
  /** Receives a debug line if the preferred addon cannot be loaded. */
  readonly logger?: Logger | undefined
}

/** Your own relays, or one of n0's sets, or none. */
export type Relays =
  | 'default'
  | 'staging'
  | 'disabled'
  | { readonly urls: readonly string[]; readonly token: string | undefined }

/** The options with which an endpoint is bound: checked, and with their defaults. */
export interface EndpointOptions {
  readonly secretKey: Uint8Array | undefined
  readonly relays: Relays
  readonly discovery: boolean
  readonly bindAddr: string | undefined
  /** The socket of the other IP family, which the machine may not have. */
  readonly otherAddr: string | undefined
  readonly maxStreams: number
  readonly deadPeerMs: number | undefined
}

/** The smallest `deadPeerMs`. */
const MIN_DEAD_PEER_MS = 1_000
/** The smallest `maxStreams`. */
const MIN_STREAMS = 100

const LOOPBACK: readonly (readonly [own: RegExp, other: string])[] = [
  [/^127\./, '[::1]:0'],
  [/^\[::1\]:/, '127.0.0.1:0'],
]

/**
 * Checks options and adds their defaults.
 *
 * @throws TransportError (`misuse`) if an option is wrong
 */
export function resolveOptions(options: IrohTransportOptions): EndpointOptions {
  const { secretKey, relayMode = 'default', relayToken, bindAddr, maxStreams = 1024, deadPeerMs } = options
  if (!Number.isSafeInteger(maxStreams) || maxStreams < MIN_STREAMS)
    throw misuseError(`maxStreams is ${maxStreams}; expected an integer from ${MIN_STREAMS} on`)
  if (deadPeerMs !== undefined && !(typeof deadPeerMs === 'number' && deadPeerMs >= MIN_DEAD_PEER_MS))
    throw misuseError(
      `deadPeerMs is ${String(deadPeerMs)}; expected milliseconds from ${MIN_DEAD_PEER_MS} on, or Infinity`,
    )
  if (bindAddr !== undefined) assertSocketAddress('bindAddr', bindAddr)
  if (secretKey !== undefined && secretKey.length !== 32)
    throw new TransportError('misuse', `secretKey has ${secretKey.length} bytes; expected 32`)
  const relays = resolveRelays(relayMode, relayToken)
  return {
    secretKey,
    relays,
    discovery: options.discovery ?? (relays === 'default' || relays === 'staging'),
    bindAddr,
    otherAddr: bindAddr === undefined ? undefined : LOOPBACK.find(([own]) => own.test(bindAddr))?.[1],
    maxStreams,
    deadPeerMs,
  }
}

function resolveRelays(mode: NonNullable<BindOptions['relayMode']>, token: string | undefined): Relays {
  if (mode === 'default' || mode === 'staging' || mode === 'disabled') {
    if (token === undefined) return mode
    throw new TransportError('misuse', `relayToken is set, and relayMode is '${mode}'; expected relays of one's own`)
  }
  const urls = typeof mode === 'string' ? [mode] : mode.urls
  for (const url of urls) {
    if (!URL.canParse(url)) throw new TransportError('misuse', `relayMode has ${quoted(url)}; expected a URL`)
  }
  return { urls, token }
}
