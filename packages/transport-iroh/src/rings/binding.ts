import { AsterError } from '@aster/rpc-core'
import { runNeutral, warnOnce } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'
import type { Binding } from '../binding.ts'
import { RingEndpoint } from './ring-endpoint.ts'
import { Rings } from './rings.ts'

/** Of this thread: the main thread, or a worker. */
let rings: Promise<Rings> | undefined

/** @throws Error if `@aster/iroh-native` is not installed, or cannot be loaded */
export async function ringBinding(): Promise<Binding> {
  const loaded = await (rings ??= runNeutral(load))
  return { name: 'native', bind: (options) => RingEndpoint.bind(loaded, options) }
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
