import { type CloseInfo, type Connection, type NodeAddr, RpcError, StatusCode, type Transport } from '@aster/rpc-core'
import { isUnavailable, onAbort, RPC_ALPN } from '@aster/rpc-core/protocol'
import { Backoff, type Clock, pause } from './backoff.ts'
import { describeEnd, isCrowded, isNotAdmitted } from './connection-end.ts'
import { dial, isDialTimeout } from './dial.ts'
import type { Dialled } from './dial-repeatedly.ts'
import { type PathListener, PathWatch } from './path-watch.ts'
import { refuseStreams } from './refuse-streams.ts'
import { SharedConnection } from './shared-connection.ts'

/**
 * The first step of an attempt to connect. The state of a peer without a connection holds the one of the next attempt.
 *
 * - `dial`: the admission is new, so a connection can be used at once
 * - `verify`: dial, and wait for a moment, because the producer may have forgotten this client and close with 403
 * - `readmit`: the producer closed with 403: ask for admission, then dial
 * - `resolve`: a `resolvable` peer could not be dialled: ask for admission, because the answer says where the peer is now,
 *   then dial
 */
type FirstStep = 'dial' | 'verify' | 'readmit' | 'resolve'

interface Disconnected {
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
 *   idle timeout ends it
 * - any → `closed` when the client is closed
 */
type State = Disconnected | Ready | Closed

export type PeerState = State['name']

export interface PeerOptions {
  readonly transport: Transport
  readonly connectTimeoutMs: number
  /** Milliseconds after which an unused connection is closed; `Infinity` for never. */
  readonly idleTimeoutMs: number
  readonly clock: Clock
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

/** Milliseconds for which a new connection is watched for a 403 at most. */
const MAX_VERIFY_MS = 1_000

/** An attempt to connect, which all callers share. */
interface Attempt {
  readonly startedAt: number
  readonly result: Promise<SharedConnection>
}

/**
 * The connection for calls to one peer, like a subchannel of gRPC: dialled when a call asks for it, shared by all calls, and
 * dialled anew by the next call after it is gone. A one-time credential serves once, so admission is asked for again only
 * after a 403, or if a `resolvable` peer cannot be reached.
 */
export class PeerConnection {
  /** The address that the next dial goes to. */
  address: NodeAddr
  readonly #options: PeerOptions
  readonly #backoff: Backoff
  #state: State = { name: 'idle', next: 'dial' }
  /** The paths of the last connection. */
  #paths: PathWatch | undefined
  /** The attempt under way. */
  #attempt: Attempt | undefined

  constructor(address: NodeAddr, options: PeerOptions) {
    this.address = address
    this.#options = options
    this.#backoff = new Backoff(options.clock)
    onAbort(options.closing, () => this.#close())
  }

  get state(): PeerState {
    return this.#state.name
  }

  /** Calls and sessions under way on the connection. */
  get pending(): number {
    return this.current?.pending ?? 0
  }

  /** The open connection. */
  get current(): SharedConnection | undefined {
    return this.#state.name === 'ready' ? this.#state.shared : undefined
  }

  /**
   * Returns the open connection, or a new one. A caller that joined an attempt under way, and one whose new connection is gone
   * already, gets one attempt more.
   *
   * @throws the error of the dial or of the admission · the reason of `closing`
   */
  async connect(): Promise<SharedConnection> {
    const { clock } = this.#options
    const since = clock.now()
    for (let isLast = false; ; isLast = true) {
      const state = this.#state
      if (state.name === 'ready') return state.shared
      if (state.name === 'closed') throw this.#options.closing.reason as Error
      const attempt = (this.#attempt ??= { startedAt: clock.now(), result: this.#connect(state.next) })
      try {
        const shared = await attempt.result
        if (shared.end === undefined) return shared
        if (isLast) throw goneError(this.address, shared.end)
      } catch (error) {
        // The attempt ran out of its time, not of this caller's.
        if (isLast || attempt.startedAt >= since || !isDialTimeout(error)) throw error
      }
    }
  }

  async #connect(first: FirstStep): Promise<SharedConnection> {
    try {
      const waitMs = this.#backoff.leftMs
      if (waitMs > 0) {
        this.#enter('backoff', first)
        await pause(waitMs, this.#options.closing)
      }
      return this.#becomeReady(await this.#reach(first))
    } catch (error) {
      const state = this.#state
      if ('next' in state) {
        this.#backoff.fail()
        this.#enter('idle', state.next)
      }
      throw error
    } finally {
      this.#attempt = undefined
    }
  }

  #enter(name: Disconnected['name'], next: FirstStep): void {
    if (this.#state.name !== 'closed') this.#state = { name, next }
  }

  #reach(first: FirstStep): Promise<Connection> {
    switch (first) {
      case 'dial':
        return this.#dialOnly('dial')
      case 'verify':
        return this.#dialAndVerify()
      case 'readmit':
        return this.#readmitAndDial()
      case 'resolve':
        return this.#resolveAndDial()
    }
  }

  /** `next`: the first step after a failed dial, unless the peer is `resolvable`. */
  async #dial(next: 'dial' | 'verify'): Promise<Dialled> {
    const { transport, connectTimeoutMs, closing, resolvable } = this.#options
    closing.throwIfAborted()
    this.#enter('connecting', resolvable ? 'resolve' : next)
    return dial(transport, this.address, { alpn: RPC_ALPN, timeoutMs: connectTimeoutMs, signal: closing })
  }

  async #dialOnly(next: 'dial' | 'verify'): Promise<Connection> {
    return (await this.#dial(next)).connection
  }

  async #dialAndVerify(): Promise<Connection> {
    const { closing } = this.#options
    const { connection, tookMs } = await this.#dial('verify')
    this.#enter('verifying', 'verify')
    const off = onAbort(closing, () => connection.close())
    const wait = pause(refusalWaitMs(tookMs, this.#rttMsOf(connection)), closing)
    const end = await Promise.race([connection.closed, wait]).finally(off)
    return end !== undefined && isNotAdmitted(end) ? this.#readmitAndDial() : connection
  }

  /**
   * A relay keeps the packets of a dial that outlasts an outage, and the time that this takes counts as a round trip. The last
   * connection over the same path knows better.
   */
  #rttMsOf({ rttMs, paths }: Connection): number | undefined {
    const path = paths?.find(({ selected }) => selected)
    const beforeMs = path && this.#paths?.rttMsOf(path)
    return beforeMs === undefined || rttMs === undefined ? rttMs : Math.min(beforeMs, rttMs)
  }

  async #readmitAndDial(): Promise<Connection> {
    await this.#readmit('readmit')
    return this.#dialOnly('verify')
  }

  async #resolveAndDial(): Promise<Connection> {
    try {
      // If the producer cannot be asked either, the next attempt is a dial.
      await this.#readmit('verify')
    } catch (refusal) {
      if (this.#options.closing.aborted || isUnavailable(refusal)) throw refusal
      return this.#dialOnly('verify').catch(() => {
        throw refusal
      })
    }
    return this.#dialOnly('verify')
  }

  async #readmit(next: 'verify' | 'readmit'): Promise<void> {
    this.#options.closing.throwIfAborted()
    this.#enter('admitting', next)
    const address = await this.#options.readmit()
    if (address === undefined) {
      const text = `the producer offers nothing at the endpoint ${this.address.endpointId} any more`
      throw new RpcError(StatusCode.UNAVAILABLE, text)
    }
    this.address = address
  }

  #becomeReady(connection: Connection): SharedConnection {
    const { clock, closing, idleTimeoutMs, onPath } = this.#options
    if (closing.aborted) connection.close()
    closing.throwIfAborted()
    refuseStreams(connection)
    const shared = new SharedConnection(connection, clock, (info) => {
      if (this.current === shared) this.#lose(info)
    })
    const stopWatchingIdle = shared.watchIdle(idleTimeoutMs, () => {
      this.#disconnect('verify')
      connection.close(0, 'idle')
    })
    const paths = new PathWatch(connection, onPath)
    this.#paths = paths
    const stopWatching = (): void => {
      stopWatchingIdle()
      paths.stop()
    }
    this.#state = { name: 'ready', shared, stopWatching }
    this.#backoff.reset()
    return shared
  }

  #lose(info: CloseInfo): void {
    this.#disconnect(isNotAdmitted(info) ? 'readmit' : 'verify')
    // Dialling at once would meet the same limit.
    if (isCrowded(info)) this.#backoff.fail()
    this.#options.onLost(describeEnd(info))
  }

  #disconnect(next: FirstStep): void {
    if (this.#state.name === 'ready') this.#state.stopWatching()
    this.#enter('idle', next)
  }

  #close(): void {
    const state = this.#state
    this.#state = { name: 'closed' }
    if (state.name !== 'ready') return
    state.stopWatching()
    state.shared.connection.close()
  }
}

function goneError({ endpointId }: NodeAddr, end: CloseInfo): RpcError {
  const text = `the connection to the producer ${endpointId} ended as soon as it stood: ${describeEnd(end)}`
  return new RpcError(isCrowded(end) ? StatusCode.RESOURCE_EXHAUSTED : StatusCode.UNAVAILABLE, text)
}

/**
 * Returns the milliseconds within which a 403 arrives behind a handshake: one round trip. A dial took at least one round trip,
 * and much longer if packets were lost or the peer was away.
 */
function refusalWaitMs(dialMs: number, rttMs: number | undefined): number {
  const longestMs = Math.min(dialMs, MAX_VERIFY_MS) + 5
  return rttMs === undefined ? longestMs : Math.min(3 * rttMs + 50, longestMs)
}
