import { AsterError } from '@aster/rpc-core'
import { runNeutral, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import type { Binding } from '../binding.ts'
import { RingEndpoint } from './ring-endpoint.ts'
import { Rings } from './rings.ts'

/**
 * A byte costs both peers about 3 ns together, zstd 15 us and 3 to 5 ns a byte: compression saves no CPU time here. It
 * saves round trips, if a message has more packets than QUIC sends at first (14,720 bytes).
 */
const COMPRESS_ABOVE = 16_384

/** The rings of this thread: the main thread, or a worker. */
let rings: Promise<Rings> | undefined

/**
 * Returns the binding over `@aster/iroh-native`.
 *
 * @throws AsterError if `@aster/iroh-native` is not installed, or cannot be loaded
 */
export async function ringBinding(): Promise<Binding> {
  const loaded = await (rings ??= runNeutral(load))
  return { name: 'native', compressAbove: COMPRESS_ABOVE, bind: (options) => RingEndpoint.bind(loaded, options) }
}

async function load(): Promise<Rings> {
  let addon
  try {
    addon = (await import('@aster/iroh-native')).loadAddon()
  } catch (error) {
    throw new AsterError(`@aster/iroh-native cannot be loaded: ${errorMessage(error)}`, { cause: error })
  }
  return new Rings(addon, (error) =>
    warnOnce('ASTER_IROH', `an unexpected failure of @aster/iroh-native: ${errorMessage(error)}`),
  )
}
