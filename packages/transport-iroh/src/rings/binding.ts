import { AsterError } from '@aster/rpc-core'
import { runNeutral, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import type { Binding } from '../binding.ts'
import { RingEndpoint } from './ring-endpoint.ts'
import { Rings } from './rings.ts'

/**
 * A byte costs about 3 ns for both peers, zstd 15 us and 3 to 5 ns a byte: it saves no CPU time. What it does save is round
 * trips, for messages of more packets than QUIC sends at first (14,720 bytes).
 */
const COMPRESS_ABOVE = 16_384

/** Of this thread: the main thread, or a worker. */
let rings: Promise<Rings> | undefined

/** @throws Error if `@aster/iroh-native` is not installed, or cannot be loaded */
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
