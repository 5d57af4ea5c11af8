import { lazyZstd } from '@aster/compression-zstd'
import type { Compression, Logger, Transport } from '@aster/rpc-core'
import { systemClock } from './backoff.ts'
import { fory } from './choose-codec.ts'
import { type Endpoint, foreignEndpoint, openEndpoint, shareEndpoint } from './endpoint.ts'
import type { EventHub } from './events.ts'
import type { ResolvedClientOptions } from './options.ts'
import { prepareCalls } from './prepare-calls.ts'
import type { ClientSettings } from './settings.ts'
import { TargetPool } from './target-pool.ts'

/** The parts that a successful `connect()` creates. */
export interface Established {
  readonly endpoint: Endpoint
  readonly transport: Transport
  readonly targets: TargetPool
  readonly compression: Compression
}

/** The options of `establish`. */
export interface EstablishOptions {
  readonly options: ResolvedClientOptions
  readonly settings: ClientSettings
  readonly events: EventHub
  /** Aborts when the attempt is cancelled, or when the client is closed. */
  readonly signal: AbortSignal
  /** Called if the attempt fails, with a promise that resolves when its endpoint has been closed. The promise never rejects. */
  readonly onRelease: (released: Promise<void>) => void
}

/** Opens the endpoint of a client, and asks the producers for admission. Throws like `connect()`. */
export async function establish({
  options,
  settings,
  events,
  signal,
  onRelease,
}: EstablishOptions): Promise<Established> {
  const { policy = 'pick-first', strictContract = false, idleTimeoutMs = Infinity } = options
  const { maxConnectionsPerTarget, allowedChannels, logger } = options
  // A codec of the user encodes nothing but messages of calls.
  if (options.codec === undefined) prepareCalls(fory)
  const endpoint = await endpointFor(options, settings)
  const { transport } = endpoint
  try {
    const targets = new TargetPool(settings.addresses, {
      transport,
      settings,
      policy,
      strictContract,
      idleTimeoutMs,
      maxConnectionsPerTarget,
      allowedChannels,
      clock: systemClock,
      events,
      logger,
      closing: signal,
    })
    await targets.connect()
    return { endpoint, transport, compression: options.compression ?? lazyZstd(), targets }
  } catch (error) {
    // An endpoint takes seconds to close while a dial runs. The callers get the error at once.
    onRelease(endpoint.release().catch((failure: unknown) => warnOfEndpoint(logger, failure)))
    throw error
  }
}

function endpointFor(options: ResolvedClientOptions, settings: ClientSettings): Endpoint | Promise<Endpoint> {
  const { transport, shareEndpoint: isShared = true, logger } = options
  if (transport !== undefined) return foreignEndpoint(transport)
  return (isShared ? shareEndpoint : openEndpoint)(settings, logger)
}

/** Logs that the endpoint of a client could not be closed. */
export function warnOfEndpoint(logger: Logger | undefined, error: unknown): void {
  logger?.warn({ err: error }, 'the endpoint of the client could not be closed')
}
