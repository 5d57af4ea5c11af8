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
  /** The options of the connection, with a logger that never throws. */
  readonly options: ServeOptions
  /** The warnings that were logged already, for all connections with the same logger. */
  readonly notices: Notices
  readonly registry: ServiceRegistry
  /** Bounds the time and memory that the peer takes. */
  readonly guard: ConnectionGuard
  readonly formats: StreamFormats
  /** The headers that were read on the connection. */
  readonly known: KnownHeaders
  readonly peer: Peer
  /** The methods with a response to the peer that was large or compressed. */
  readonly largeResponses: WeakSet<MethodDefinition>
  /** Puts the interceptors around a handler; `undefined` if there are no interceptors. */
  readonly intercept: ((handle: Next) => Next) | undefined
  /** Aborts when no more calls are accepted, also on open sessions. */
  readonly refusing: AbortSource
  /** Returns whether a stream that arrived at `time`, in milliseconds since the epoch, may have waited for another to end. */
  readonly wasFullAt: (time: number) => boolean
}

/** The parts that all calls of a stream share. */
export interface StreamContext {
  readonly connection: ConnectionContext
  /** Writes to the consumer. */
  readonly frames: FrameStream
  /** Reads from the consumer. */
  readonly incoming: Incoming
  /** Ends everything that runs on the stream. The reason reaches the signals of handlers, and the consumer if possible. */
  readonly scope: AbortScope
}
