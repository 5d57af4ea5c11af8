import type { ServiceSummary } from '@aster/admission'
import type { Logger, NodeAddr, Transport } from '@aster/rpc-core'
import type { Grant } from './admit.ts'
import type { Clock } from './backoff.ts'
import type { EventHub } from './events.ts'
import type { ClientSettings } from './settings.ts'

/** The last admission by a target. */
export interface Admission extends Omit<Grant, 'rules'> {
  /** The address of the target that admitted the client. */
  readonly address: NodeAddr
}

/** The options that all targets of a client share. */
export interface TargetOptions {
  readonly transport: Transport
  readonly settings: ClientSettings
  readonly idleTimeoutMs: number
  readonly maxConnectionsPerTarget?: number | undefined
  readonly allowedChannels?: readonly string[] | undefined
  readonly clock: Clock
  readonly events: EventHub
  readonly logger: Logger | undefined
  /** Aborts when the client is closed, or when its `connect()` is cancelled. */
  readonly closing: AbortSignal
  /** Throws if the services of the target with this endpoint id differ from those of the other targets. */
  readonly assertConsistent: (endpointId: string, services: readonly ServiceSummary[]) => void
}
