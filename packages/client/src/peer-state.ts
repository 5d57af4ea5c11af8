import type { Logger, NodeAddr, Transport } from '@aster/rpc-core'
import type { Clock } from './backoff.ts'
import type { Dialled } from './dial-repeatedly.ts'
import type { PathListener } from './path-watch.ts'
import type { SharedConnection } from './shared-connection.ts'

/**
 * The first step of an attempt to connect. The state of a peer without a connection contains the first step of the next attempt.
 *
 * - `dial`: the admission is new, so the connection can be used at once
 * - `verify`: dial, and wait one round trip, because the producer may have forgotten this client and close with 403
 * - `readmit`: the producer closed with 403, so ask for admission, and then dial
 * - `resolve`: a `resolvable` peer could not be dialled, so ask for admission, whose answer contains the current address of the
 *   peer, and then dial
 */
export type FirstStep = 'dial' | 'verify' | 'readmit' | 'resolve'

/** A state without a connection. */
export interface Disconnected {
  readonly name: 'idle' | 'backoff' | 'connecting' | 'verifying' | 'admitting'
  /** The first step of the next attempt; during an attempt, of the next one if the current one fails in this state. */
  readonly next: FirstStep
}

interface Ready {
  readonly name: 'ready'
  readonly shared: SharedConnection
  readonly stopWatching: () => void
}

interface Closed {
  readonly name: 'closed'
}

/**
 * The state of a peer. An attempt begins when a call needs a connection. Its first step is the `next` of the state `idle`:
 *
 * - `idle` → `connecting` if the first step is `dial` or `verify`, → `admitting` if it is `readmit` or `resolve`. If the last
 *   attempt failed a moment ago, the state is `backoff` in between
 * - `connecting` → `ready` if the first step was `dial`, → `verifying` if it was `verify`. → `idle` if the dial failed: the next
 *   step is `resolve` for a `resolvable` peer; for others it is `dial` after `dial`, and `verify` otherwise
 * - `verifying` → `ready`, or `admitting` if the producer closes the connection with 403
 * - `admitting` → `connecting` if the producer admits the client. Also if it refuses after `resolve`, because the known address
 *   may still be right. → `idle` if the request failed: the next step is `readmit` after `readmit` or a 403, and `verify` after
 *   `resolve`
 * - `ready` → `idle` when the connection ends: the next step is `readmit` after a 403, `dial` if the connection was replaced,
 *   and `verify` otherwise, as after the idle timeout
 * - `ready` → `ready` if the peer closes the connection, not with 403, and another connection to the peer is open
 * - any → `closed` when the client is closed
 */
export type State = Disconnected | Ready | Closed

export type PeerState = State['name']

/** The options of a `PeerConnection`. */
export interface PeerOptions {
  readonly transport: Transport
  readonly connectTimeoutMs: number
  /** Milliseconds after which an unused connection is closed; `Infinity` keeps it open. */
  readonly idleTimeoutMs: number
  /**
   * The largest number of connections to the peer at a time, from 1.
   *
   * @default 4
   */
  readonly maxConnections?: number | undefined
  readonly logger?: Logger | undefined
  readonly clock: Clock
  /** Returns an unused connection that was dialled earlier, in place of the first dial; `undefined` if none exists. */
  readonly takeDialled?: (() => Promise<Dialled | undefined> | undefined) | undefined
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
  /** True if the peer is not the endpoint that admits. Its address can then be learned from an admission only. */
  readonly resolvable: boolean
  /** Asks for admission again. Resolves with the address of the peer, or `undefined` if no channel leads to it any more. */
  readonly readmit: () => Promise<NodeAddr | undefined>
  /** Called when the connection has ended, unless this side closed it. */
  readonly onLost: (reason: string) => void
  /** Called when the connection uses another path than before, if the transport knows paths. */
  readonly onPath: PathListener
}
