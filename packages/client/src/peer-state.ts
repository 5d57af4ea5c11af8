import type { Logger, NodeAddr, Transport } from '@aster/rpc-core'
import type { Clock } from './backoff.ts'
import type { Dialled } from './dial-repeatedly.ts'
import type { PathListener } from './path-watch.ts'
import type { SharedConnection } from './shared-connection.ts'

/**
 * The first step of an attempt to connect. The state of a peer without a connection holds the one of the next attempt.
 *
 * - `dial`: the admission is new, so a connection can be used at once
 * - `verify`: dial, and wait for a moment, because the producer may have forgotten this client and close with 403
 * - `readmit`: the producer closed with 403: ask for admission, then dial
 * - `resolve`: a `resolvable` peer could not be dialled: ask for admission, because the answer says where the peer is now,
 *   then dial
 */
export type FirstStep = 'dial' | 'verify' | 'readmit' | 'resolve'

export interface Disconnected {
  readonly name: 'idle' | 'backoff' | 'connecting' | 'verifying' | 'admitting'
  /** Of the next attempt; during an attempt, of the next one if this one fails in this state. */
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
 * An attempt begins when a call asks for a connection, and goes by the `next` of `idle`:
 *
 * - `idle` → `backoff` if the last attempt failed a moment ago, and from there, or at once:
 *   `dial`, `verify` → `connecting` · `readmit`, `resolve` → `admitting`
 * - `connecting` → `ready`, or `verifying` after `verify` · → `idle` if the dial failed: next `resolve` for a `resolvable`
 *   peer, else `dial` after `dial`, else `verify`
 * - `verifying` → `ready` · → `admitting` after a 403
 * - `admitting` → `connecting` · also after `resolve` was refused: a refusal does not mean that the known address is out of
 *   date · → `idle` if admission failed: next `readmit` after `readmit` or a 403, `verify` after `resolve`
 * - `ready` → `idle` when the connection ends: next `readmit` after a 403, else `verify` · the same, next `verify`, when the
 *   idle timeout ends it · next `dial` when it is replaced
 * - `ready` → `ready` with another connection to the peer when the peer closes this one, unless with a 403
 * - any → `closed` when the client is closed
 */
export type State = Disconnected | Ready | Closed

export type PeerState = State['name']

export interface PeerOptions {
  readonly transport: Transport
  readonly connectTimeoutMs: number
  /** Milliseconds after which an unused connection is closed; `Infinity` for never. */
  readonly idleTimeoutMs: number
  /** Connections to the peer at a time, from 1. @default 4 */
  readonly maxConnections?: number | undefined
  readonly logger?: Logger | undefined
  readonly clock: Clock
  /** Returns a connection that was dialled before, and that nothing uses, for the first dial; `undefined` if there is none. */
  readonly takeDialled?: (() => Promise<Dialled | undefined> | undefined) | undefined
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
  /** Whether the peer is another endpoint than the one that admits: only an admission says where it is. */
  readonly resolvable: boolean
  /** Asks for admission again. Resolves with the address of the peer, or `undefined` if it is not offered any more. */
  readonly readmit: () => Promise<NodeAddr | undefined>
  /** Called when the connection is gone, unless this side closed it. */
  readonly onLost: (reason: string) => void
  /** Called when the connection uses another path than before, if the transport knows paths. */
  readonly onPath: PathListener
}
