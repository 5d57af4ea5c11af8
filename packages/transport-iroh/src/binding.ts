/** The interface between the transport and a binding of iroh. */
import { type Connection, type NodeAddr, TransportError } from '@aster/rpc-core'
import type { EndpointOptions } from './options.ts'
import type { IrohPath } from './paths.ts'

/**
 * The addon that runs iroh. `native` is `@aster/iroh-native`, which this transport prefers; `number0` is `@number0/iroh`,
 * which exists for more platforms.
 */
export type BindingName = 'native' | 'number0'

/**
 * Milliseconds for which `close` of an endpoint waits if a dial was in progress: peers receive the close meanwhile. iroh's own
 * close would take longer, since it waits for the peer of the dial as well.
 */
export const NOTICE_MS = 100

/** A connection to a peer. */
export interface IrohConnection extends Connection {
  /** The open paths to the peer, the one in use first. Empty once the connection is gone. */
  readonly paths: readonly IrohPath[]
  /** The round-trip time in milliseconds; `undefined` once the connection is gone. */
  readonly rttMs: number | undefined
  /** Waits until the last bytes of finished streams have had time to reach the peer. */
  flush(): Promise<void>
}

/** An endpoint of a binding. The transport calls `listen` and `close` at most once, and no method after `close`. */
export interface BoundEndpoint {
  /** Returns the address at which the endpoint can be dialled, as far as it is known now. */
  address(): NodeAddr
  /** Dials a peer. Rejects with a `TransportError`, or with the reason of `signal` as soon as the signal aborts. */
  connect(address: NodeAddr, alpn: string, signal: AbortSignal | undefined): Promise<IrohConnection>
  /**
   * Accepts connections for these protocols from the call on. When the loop is left, later connections are refused. The
   * loop ends when the endpoint is closed, and fails with a `TransportError` (`lost`) if the binding stops accepting before.
   */
  listen(alpns: readonly string[]): AsyncIterable<IrohConnection>
  /** Closes every connection with code 0, then the endpoint. */
  close(): Promise<void>
}

export interface Binding {
  readonly name: BindingName
  /** The size of a message in bytes from which compressing it costs less than sending it uncompressed. */
  readonly compressAbove: number
  /** @throws AsterError if the system refuses the socket */
  bind(options: EndpointOptions): Promise<BoundEndpoint>
}

/** Returns the error for a call after the transport was closed. */
export function closedHere(): TransportError {
  return new TransportError('closed', 'this side closed the transport', { code: 0 })
}
