/** What the transport needs of a binding of iroh. */
import { type Connection, type NodeAddr, TransportError } from '@aster/rpc-core'
import type { EndpointOptions } from './options.ts'
import type { IrohPath } from './paths.ts'

/**
 * `native`: the addon `@aster/iroh-native`, which this transport prefers. `number0`: the addon `@number0/iroh`, which is there
 * for more platforms.
 */
export type BindingName = 'native' | 'number0'

/** A connection to a peer. */
export interface IrohConnection extends Connection {
  /** The open paths to the peer, the one in use first; none once the connection is gone. */
  readonly paths: readonly IrohPath[]
  /** The round-trip time in milliseconds; `undefined` once the connection is gone. */
  readonly rttMs: number | undefined
  flush(): Promise<void>
}

/** An endpoint of a binding. Its user calls `listen` and `close` at most once, and nothing else from `close` on. */
export interface BoundEndpoint {
  /** Where the endpoint can be dialled, as it is known now. */
  address(): NodeAddr
  /** Rejects with a `TransportError`, or with the reason of `signal` as soon as that aborts. */
  connect(address: NodeAddr, alpn: string, signal: AbortSignal | undefined): Promise<IrohConnection>
  /**
   * Accepts connections for these protocols from the call on; refuses those that come once the loop is left. The loop ends with
   * the endpoint, and fails with a `TransportError` (`lost`) if the binding stops accepting before that.
   */
  listen(alpns: readonly string[]): AsyncIterable<IrohConnection>
  /** Closes every connection with code 0, then the endpoint. */
  close(): Promise<void>
}

export interface Binding {
  readonly name: BindingName
  /** Bytes of a message above which compressing it costs less than to send it as it is. */
  readonly compressAbove: number
  /** @throws AsterError if the system refuses the socket */
  bind(options: EndpointOptions): Promise<BoundEndpoint>
}

/** The error of what is called behind the end of the transport. */
export function closedHere(): TransportError {
  return new TransportError('closed', 'this side closed the transport', { code: 0 })
}
