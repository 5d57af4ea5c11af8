import type { AdmissionDesk, ConsumerGate } from '@aster/admission'
import type { Codec, Compression, Connection, Interceptor, Logger, Peer } from '@aster/rpc-core'
import { PeerSessions, type Refusal, serveConnection } from '@aster/rpc-server'
import { type Endpoint, mainEndpoint } from './endpoint.ts'
import type { AsterServerOptions } from './options.ts'
import { servedOptions } from './served-options.ts'
import type { Traffic } from './traffic.ts'
import { TwinWatch } from './twin-watch.ts'

/** The parts that all endpoints of a server share. */
export interface Serving {
  readonly options: AsterServerOptions
  readonly codecs: readonly Codec[]
  readonly compression: Compression
  /** The limits, which run after the interceptors of a channel. */
  readonly limits: readonly Interceptor[]
  readonly gate: ConsumerGate
  readonly desk: AdmissionDesk
  readonly traffic: Traffic
  readonly logger: Logger | undefined
  /** Called once for each channel that stops accepting connections before the server is closed. */
  readonly onBroken: (channel: string, error: unknown) => void
}

/** Accepts connections at all endpoints; the main endpoint alone also accepts those for admission. */
export function serveEndpoints(endpoints: readonly Endpoint[], serving: Serving): void {
  const { options, codecs, compression, limits, gate, desk, traffic, logger, onBroken } = serving
  const twins = new TwinWatch(logger)
  const shared = {
    ...servedOptions(options),
    codecs,
    compression,
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
