import {
  AdmissionDesk,
  type AdmissionEvent,
  ConsumerGate,
  type NonceStore,
  type ServiceSummary,
} from '@aster/admission'
import { lazyZstd } from '@aster/compression-zstd'
import type { Codec, Connection, Interceptor, Logger, Peer } from '@aster/rpc-core'
import { PeerSessions, type Refusal, serveConnection } from '@aster/rpc-server'
import { type Endpoint, mainEndpoint } from './endpoint.ts'
import type { AsterServerOptions } from './options.ts'
import { servedOptions } from './served-options.ts'
import { ServiceSummaries } from './service-summaries.ts'
import type { ServerSettings } from './settings.ts'
import type { Traffic } from './traffic.ts'
import { TwinWatch } from './twin-watch.ts'

/** The parts that all endpoints of a server share. */
export interface Serving {
  readonly options: AsterServerOptions
  readonly settings: ServerSettings
  readonly codecs: readonly Codec[]
  /** The limits, which run after the interceptors of a channel. */
  readonly limits: readonly Interceptor[]
  readonly nonceStore: NonceStore
  /** Resolves when admissions may be answered. */
  readonly ready: Promise<void>
  readonly traffic: Traffic
  readonly logger: Logger | undefined
  /** Called once for each channel that stops accepting connections before the server is closed. */
  readonly onBroken: (channel: string, error: unknown) => void
}

/** Accepts connections at all endpoints; the main endpoint alone also accepts those for admission. */
export function serveEndpoints(endpoints: readonly Endpoint[], serving: Serving): void {
  const { options, codecs, limits, traffic, logger, onBroken } = serving
  const { gate, desk } = openDesk(endpoints, serving)
  const twins = new TwinWatch(logger)
  const shared = {
    ...servedOptions(options),
    codecs,
    compression: options.compression ?? lazyZstd(),
    peerSessions: new PeerSessions(),
    logger,
    onRefusal: (refusal: Refusal): void => traffic.refusals.add(refusal),
  }
  // The main endpoint comes last, so that an admitted consumer finds the other endpoints open.
  for (const endpoint of endpoints.toReversed()) {
    const { compressAbove } = endpoint
    const { services, name } = endpoint.channel
    const interceptors = [...endpoint.channel.interceptors, ...limits]
    endpoint.listen({
      gate,
      serve: (connection: Connection, peer: Peer) =>
        serveConnection(connection, { ...shared, compressAbove, services, interceptors, peer }),
      onBroken: (error) => onBroken(name, error),
      channel: name,
      traffic,
      twins,
      logger,
      desk: endpoint === mainEndpoint(endpoints) ? desk : undefined,
    })
  }
}

/** Returns the gate of a server, and the desk that answers requests for admission. */
function openDesk(
  endpoints: readonly Endpoint[],
  { options, settings, codecs, nonceStore, ready, traffic }: Serving,
): { readonly gate: ConsumerGate; readonly desk: AdmissionDesk } {
  const { config, rootPubkey } = settings
  const { allowAllConsumers, peerTtlS } = config
  const gate = new ConsumerGate({ rootPubkey, allowAllConsumers, nonceStore, peerTtlS })
  const summaries = new ServiceSummaries(endpoints, codecs)
  const services = (): readonly ServiceSummary[] => summaries.current
  const audit = (event: AdmissionEvent): void => traffic.audit(event)
  return { gate, desk: new AdmissionDesk({ ...options.admission, gate, services, ready, audit }) }
}
