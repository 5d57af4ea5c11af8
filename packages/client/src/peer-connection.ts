import { type CloseInfo, type Connection, type NodeAddr, RpcError, StatusCode } from '@aster/rpc-core'
import { isUnavailable, onAbort, PeerLog, RPC_ALPN, runNeutral } from '@aster/rpc-core/protocol'
import type { FullConnection } from '@aster/rpc-client'
import { Backoff, pause } from './backoff.ts'
import { describeEnd, isCrowded, isNotAdmitted, refusalWaitMs } from './connection-end.ts'
import { dial, isDialTimeout } from './dial.ts'
import type { Dialled } from './dial-repeatedly.ts'
import { DEFAULT_MAX_CONNECTIONS, ExtraConnections } from './extra-connections.ts'
import { PathWatch } from './path-watch.ts'
import type { Disconnected, FirstStep, PeerOptions, PeerState, State } from './peer-state.ts'
import { type ConnectionKeeper, SharedConnection } from './shared-connection.ts'

/**
 * Milliseconds that a call waits for a stream, while no other call has a stream on the connection, until the peer counts as
 * one that never ends streams.
 */
const STUCK_MS = 1_000
/** The shortest time in milliseconds between two replacements of the connection to such a peer. */
const STUCK_AGAIN_MS = 5_000

/** An attempt to connect that all callers share. */
interface Attempt {
  readonly startedAt: number
  readonly result: Promise<SharedConnection>
}

/**
 * The connection for calls to one peer, like a subchannel of gRPC: dialled when a call needs it, shared by all calls, and dialled
 * again by the next call after it is lost. Further connections are dialled while calls wait for a stream. A one-time credential
 * works only once, so the client asks for admission again only after a 403, or if a `resolvable` peer cannot be reached.
 */
export class PeerConnection implements ConnectionKeeper {
  /** The address of the next dial. */
  address: NodeAddr
  readonly #options: PeerOptions
  readonly #backoff: Backoff
  #state: State = { name: 'idle', next: 'dial' }
  /** The paths of the last connection. */
  #paths: PathWatch | undefined
  /** The running attempt. */
  #attempt: Attempt | undefined
  readonly #extras: ExtraConnections
  readonly #log: PeerLog
  /** The clock time of the last replacement of a connection. */
  #replacedAt = -Infinity

  constructor(address: NodeAddr, options: PeerOptions) {
    const { clock, closing, idleTimeoutMs, maxConnections = DEFAULT_MAX_CONNECTIONS } = options
    this.address = address
    this.#options = options
    this.#backoff = new Backoff(clock)
    this.#log = new PeerLog(options.logger)
    const max = maxConnections - 1
    this.#extras = new ExtraConnections({
      max,
      dial: () => this.#dialNow(),
      clock,
      closing,
      idleTimeoutMs,
      keeper: this,
    })
    onAbort(options.closing, () => this.#close())
  }

  get state(): PeerState {
    return this.#state.name
  }

  /** The number of running calls and sessions. */
  get pending(): number {
    return (this.current?.pending ?? 0) + this.#extras.pending
  }

  /** Returns the open connection for the next call: the first, or the one with the fewest calls if the first is full. */
  pick(): SharedConnection | undefined {
    const { current } = this
    return current && this.#extras.pick(current)
  }

  /** The open connection, or the first if there are several. */
  get current(): SharedConnection | undefined {
    return this.#state.name === 'ready' ? this.#state.shared : undefined
  }

  /**
   * Returns the open connection, or a new one. Makes a second attempt if the caller joined an attempt that was running already
   * and ran out of time, or if the new connection closed at once.
   *
   * @throws the error of the dial or of the admission
   * @throws the reason of `closing` if that aborts
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
        // The attempt began earlier than this call, so its timeout passed before this call's.
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

  /** @param next the first step after a failed dial, unless the peer is `resolvable` */
  async #dial(next: 'dial' | 'verify'): Promise<Dialled> {
    const { closing, resolvable, takeDialled } = this.#options
    closing.throwIfAborted()
    this.#enter('connecting', resolvable ? 'resolve' : next)
    return (takeDialled && (await takeDialled())) ?? this.#dialNow()
  }

  #dialNow(): Promise<Dialled> {
    const { transport, connectTimeoutMs, closing } = this.#options
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
   * Returns the round-trip time of a new connection, from the last connection over the same path if there was one. The time that
   * a new connection measures is too long after an outage, during which a relay keeps the packets of the dial.
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
      // If the producer cannot be reached for an admission either, the next attempt is a dial.
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
    const { clock, closing } = this.#options
    if (closing.aborted) connection.close()
    closing.throwIfAborted()
    const shared = new SharedConnection(connection, clock, (info) => this.#lose(shared, info), this)
    this.#use(shared)
    this.#backoff.reset()
    return shared
  }

  /** Makes a connection the first one of the peer. */
  #use(shared: SharedConnection): void {
    const { idleTimeoutMs, onPath } = this.#options
    const { connection } = shared
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
  }

  /**
   * Handles the end of the first connection. If the network lost the connection, the others may be lost too. If the peer
   * closed the connection, the others may still be open.
   */
  #lose(shared: SharedConnection, info: CloseInfo): void {
    if (this.current !== shared) return
    this.#disconnect(isNotAdmitted(info) ? 'readmit' : 'verify')
    const other = info.by === 'peer' && !isNotAdmitted(info) ? this.#extras.takeOne() : undefined
    if (other !== undefined) return this.#use(other)
    this.#extras.retireAll()
    // A dial at once would meet the same limit of the producer.
    if (isCrowded(info)) this.#backoff.fail()
    this.#options.onLost(describeEnd(info))
  }

  findRoom(shared: SharedConnection, { openStreams, waitedMs }: FullConnection): SharedConnection | undefined {
    const isStuck = openStreams === 0 && waitedMs >= STUCK_MS
    if (isStuck && this.#options.clock.now() >= this.#replacedAt + STUCK_AGAIN_MS) this.replace(shared)
    const { current } = this
    if (current !== undefined) return this.#extras.findRoom(current, shared)
    // The call waits on a replaced connection. It asks again, and a new connection may exist by then.
    runNeutral(() => this.connect()).catch(() => {})
    return undefined
  }

  replace(shared: SharedConnection): void {
    if (shared.isRetired || shared.end !== undefined) return
    this.#replacedAt = this.#options.clock.now()
    const message = 'a producer does not end its streams; its connection is replaced'
    this.#log.write('warn', { peer: this.address.endpointId }, message)
    if (this.current === shared) {
      this.#disconnect('dial')
      const other = this.#extras.takeOne()
      if (other !== undefined) this.#use(other)
    }
    this.#extras.retire(shared)
  }

  #disconnect(next: FirstStep): void {
    if (this.#state.name === 'ready') this.#state.stopWatching()
    this.#enter('idle', next)
  }

  #close(): void {
    const state = this.#state
    this.#state = { name: 'closed' }
    this.#extras.close()
    if (state.name !== 'ready') return
    state.stopWatching()
    state.shared.connection.close()
  }
}

function goneError({ endpointId }: NodeAddr, end: CloseInfo): RpcError {
  const text = `the connection to the producer ${endpointId} ended as soon as it stood: ${describeEnd(end)}`
  return new RpcError(isCrowded(end) ? StatusCode.RESOURCE_EXHAUSTED : StatusCode.UNAVAILABLE, text)
}
