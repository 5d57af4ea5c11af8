import { TransportError } from '@aster/rpc-core'
import type { EndpointOptions, Relays } from '../options.ts'
import type { Native, NativeEndpoint } from './native.ts'
import { bindError } from './native-error.ts'
import { toArray } from './number-array.ts'

/**
 * Binds an endpoint of the addon.
 *
 * @throws AsterError if the system refuses the socket
 */
export async function bindNative(iroh: Native, options: EndpointOptions): Promise<NativeEndpoint> {
  if (options.otherAddr !== undefined) {
    try {
      return await builder(iroh, options, options.otherAddr).bind()
    } catch {
      // The machine may not have the other IP family.
    }
  }
  try {
    return await builder(iroh, options).bind()
  } catch (error) {
    throw error instanceof TransportError ? error : bindError(error, options.bindAddr)
  }
}

function builder(
  iroh: Native,
  { secretKey, relays, discovery, bindAddr }: EndpointOptions,
  otherAddr?: string,
): ReturnType<Native['Endpoint']['builder']> {
  const made = iroh.Endpoint.builder()
  if (discovery) iroh.presetN0(made)
  else iroh.presetMinimal(made)
  made.relayMode(toNativeRelayMode(iroh, relays))
  if (secretKey !== undefined) made.secretKey(toArray(secretKey))
  for (const address of [bindAddr, otherAddr]) if (address !== undefined) made.bindAddr(address)
  return made
}

function toNativeRelayMode(iroh: Native, relays: Relays): ReturnType<Native['RelayMode']['disabled']> {
  if (relays === 'default') return iroh.RelayMode.defaultMode()
  if (relays === 'staging') return iroh.RelayMode.staging()
  if (relays === 'disabled') return iroh.RelayMode.disabled()
  const { urls, token } = relays
  if (token === undefined) return iroh.RelayMode.customFromUrls([...urls])
  const map = iroh.RelayMap.empty()
  for (const url of urls) map.insert({ url, authToken: token })
  return iroh.RelayMode.custom(map)
}
