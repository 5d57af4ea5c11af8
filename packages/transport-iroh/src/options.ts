import { type Logger, TransportError } from '@aster/rpc-core'
import { misuseError } from '@aster/rpc-core/protocol'
import { quoted } from '@aster/rpc-core/schema'
import { assertSocketAddress } from './addresses.ts'

export interface BindOptions {
  /** The ed25519 secret key, 32 bytes, which makes the endpoint id. @default a new one */
  readonly secretKey?: Uint8Array | undefined
  /** Which relays help to reach and to be reached: those of n0, those of its staging, none, or your own by URL. @default 'default' */
  readonly relayMode?:
    | 'default'
    | 'staging'
    | 'disabled'
    | (string & {})
    | { readonly urls: readonly string[] }
    | undefined
  /** The token that relays of one's own demand. A secret. @default none */
  readonly relayToken?: string | undefined
  /**
   * Whether peers are found, and this one can be found, by endpoint id alone, through n0's DNS.
   *
   * @default true with the relays of n0, false with relays of one's own or none
   */
  readonly discovery?: boolean | undefined
  /**
   * The socket: `ip:port` or `[v6]:port`; port 0 takes a free one. A loopback address keeps the endpoint on this machine;
   * any other leaves the other IP family on all interfaces. @default all interfaces, free ports
   */
  readonly bindAddr?: string | undefined
}

export interface IrohTransportOptions extends BindOptions {
  /** Streams that a peer which dialled may have open here: at least 100, which QUIC has granted already. @default 1024 */
  readonly maxStreams?: number
  /**
   * Milliseconds without a packet after which a peer counts as gone, while a read waits for it: at least 1,000. `Infinity`
   * leaves it to QUIC, which gives up after 30 s.
   *
   * @default 15,000 for a peer that was dialled, 20,000 while several paths to it are open, 30,000 for one that dialled, 2,000
   * on loopback paths
   */
  readonly deadPeerMs?: number | undefined
  /** Gets a debug line if the addon that is preferred cannot be loaded. */
  readonly logger?: Logger | undefined
}

/** Relays of one's own, or a set of n0's or none. */
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
  /** The socket of the other IP family, which the machine may lack. */
  readonly otherAddr: string | undefined
  readonly maxStreams: number
  readonly deadPeerMs: number | undefined
}

/** The least `deadPeerMs`. */
const MIN_DEAD_PEER_MS = 1_000
/** The least `maxStreams`. */
const MIN_STREAMS = 100

const LOOPBACK: readonly (readonly [own: RegExp, other: string])[] = [
  [/^127\./, '[::1]:0'],
  [/^\[::1\]:/, '127.0.0.1:0'],
]

/** @throws TransportError (`misuse`) for an option that is wrong */
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
