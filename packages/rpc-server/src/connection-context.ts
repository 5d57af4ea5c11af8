import type { MethodDefinition, Next, Peer } from '@aster/rpc-core'
import type { AbortScope, AbortSource, FrameStream, Notices } from '@aster/rpc-core/protocol'
import type { ConnectionGuard } from './connection-guard.ts'
import type { StreamFormats } from './formats.ts'
import type { Incoming } from './incoming.ts'
import type { KnownHeaders } from './known-headers.ts'
import type { ServeOptions } from './options.ts'
import type { ServiceRegistry } from './registry.ts'

/** The parts that all calls of a connection share. */
export interface ConnectionContext {
  /** The logger in it never throws. */
  readonly options: ServeOptions
  /** What was logged to the logger, for all connections of the server. */
  readonly notices: Notices
  readonly registry: ServiceRegistry
  /** Bounds the time and the memory that the peer takes. */
  readonly guard: ConnectionGuard
  readonly formats: StreamFormats
  /** The headers that were read. */
  readonly known: KnownHeaders
  readonly peer: Peer
  /** The methods whose last response to the peer was large, or compressed. */
  readonly largeResponses: WeakSet<MethodDefinition>
  /** Puts the interceptors around a handler. `undefined` if there are none. */
  readonly intercept: ((handle: Next) => Next) | undefined
  /** Aborts when no more calls are accepted, on open sessions either. */
  readonly refusing: AbortSource
  /** Whether a stream that came at `time` (milliseconds since the epoch) may have waited for its turn. */
  readonly wasFullAt: (time: number) => boolean
}

/** The parts that all calls of a stream share. */
export interface StreamContext {
  readonly connection: ConnectionContext
  /** Writes to the consumer. */
  readonly frames: FrameStream
  /** Reads from the consumer. */
  readonly incoming: Incoming
  /** Ends everything that runs on the stream: the reason reaches the signals of handlers, and the consumer if it can. */
  readonly scope: AbortScope
}
