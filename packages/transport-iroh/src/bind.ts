import { TransportError } from '@aster/rpc-core'
import { quoted } from '@aster/rpc-core/schema'
import type { Native, NativeEndpoint } from './native.ts'
import { checkSocketAddress } from './native-address.ts'
import { bindError } from './native-error.ts'
import { toArray } from './number-array.ts'

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

const LOOPBACK: readonly (readonly [own: RegExp, other: string])[] = [
  [/^127\./, '[::1]:0'],
  [/^\[::1\]:/, '127.0.0.1:0'],
]

/** Throws `TransportError` (`misuse`) for an option that is wrong, `AsterError` where the system refuses the socket. */
export async function bindEndpoint(iroh: Native, options: BindOptions): Promise<NativeEndpoint> {
  const { bindAddr } = options
  if (bindAddr !== undefined) checkSocketAddress('bindAddr', bindAddr)
  const other = bindAddr === undefined ? undefined : LOOPBACK.find(([own]) => own.test(bindAddr))?.[1]
  if (other !== undefined) {
    try {
      return await builder(iroh, options, other).bind()
    } catch {
      // The machine may lack the other family.
    }
  }
  try {
    return await builder(iroh, options).bind()
  } catch (error) {
    throw error instanceof TransportError ? error : bindError(error, bindAddr)
  }
}

function builder(
  iroh: Native,
  { secretKey, relayMode = 'default', relayToken, discovery = usesPublicRelays(relayMode), bindAddr }: BindOptions,
  other?: string,
): ReturnType<Native['Endpoint']['builder']> {
  const made = iroh.Endpoint.builder()
  if (discovery) iroh.presetN0(made)
  else iroh.presetMinimal(made)
  made.relayMode(toNativeRelayMode(iroh, relayMode, relayToken))
  if (secretKey !== undefined) {
    if (secretKey.length !== 32) {
      throw new TransportError('misuse', `secretKey has ${secretKey.length} bytes; expected 32`)
    }
    made.secretKey(toArray(secretKey))
  }
  for (const address of [bindAddr, other]) if (address !== undefined) made.bindAddr(address)
  return made
}

type RelayModeOption = NonNullable<BindOptions['relayMode']>

/** Whether the relays are those of n0, whose DNS finds peers by their ids. */
function usesPublicRelays(mode: RelayModeOption): mode is 'default' | 'staging' {
  return mode === 'default' || mode === 'staging'
}

function toNativeRelayMode(
  iroh: Native,
  mode: RelayModeOption,
  token: string | undefined,
): ReturnType<Native['RelayMode']['disabled']> {
  if (token !== undefined && (usesPublicRelays(mode) || mode === 'disabled')) {
    throw new TransportError('misuse', `relayToken is set, and relayMode is '${mode}'; expected relays of one's own`)
  }
  if (mode === 'default') return iroh.RelayMode.defaultMode()
  if (mode === 'staging') return iroh.RelayMode.staging()
  if (mode === 'disabled') return iroh.RelayMode.disabled()
  const urls = typeof mode === 'string' ? [mode] : mode.urls
  for (const url of urls) {
    if (!URL.canParse(url)) {
      throw new TransportError('misuse', `relayMode has ${quoted(url)}; expected a URL`)
    }
  }
  if (token === undefined) return iroh.RelayMode.customFromUrls([...urls])
  const map = iroh.RelayMap.empty()
  for (const url of urls) map.insert({ url, authToken: token })
  return iroh.RelayMode.custom(map)
}
