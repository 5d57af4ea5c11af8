import { type CloseInfo, type Connection, type NodeAddr, RpcError, StatusCode, type Transport } from '@aster/rpc-core'
import { NOT_ADMITTED, onAbort, RPC_ALPN } from '@aster/rpc-core/protocol'
import { backoffMs, type Clock, pause } from './backoff.ts'
import { dial } from './dial.ts'
import { ConnectionUse } from './lease.ts'

/** setTimeout takes no more; what is further away is looked at again. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * - `idle` → `dialling`: a call wants a connection · → `waiting`: the same, and the last dial failed a moment ago
 * - `waiting` → `dialling`: the backoff is over
 * - `dialling` → `open` · → `admitting`: the producer closed with 403, for it has forgotten this consumer · → `idle`: failed
 * - `waiting` → `admitting`: the last dial failed, and the address of a peer that is `apart` may be out of date
 * - `admitting` → `dialling`: admitted again; or refused, and the known address is tried · → `idle`: refused, or not reached
 * - `open` → `idle`: the connection is gone, or was closed because nothing used it for the idle timeout
 * - any → `closed`, which is the end
 */
export type PeerState = 'idle' | 'waiting' | 'dialling' | 'admitting' | 'open' | 'closed'

export interface PeerOptions {
  readonly transport: Transport
  readonly connectTimeoutMs: number
  /** After which an unused connection is closed; `Infinity` for never. */
  readonly idleTimeoutMs: number
  readonly clock: Clock
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal
  /** Another endpoint than the one that admits: its address is known from an admission alone. */
  readonly apart: boolean
  /** Asks the producer to admit this consumer again; gives where the peer is now, or nothing where it is offered no more. */
  readonly readmit: () => Promise<NodeAddr | undefined>
  /** The connection is gone, and nobody here wanted that. */
  readonly onLost: (reason: string) => void
}

/**
 * The connection for calls to one peer: dialled when a call wants it, shared by all who want it meanwhile, and dialled anew
 * after it is gone. Admission is asked for again only where the producer closes with 403, or a peer that is `apart` cannot be
 * reached: a one-time credential serves once.
 */
export class PeerConnection {
  /** Counts from the next dial on. */
  address: NodeAddr
  readonly #options: PeerOptions
  #state: PeerState = 'idle'
  #use: ConnectionUse | undefined
  #connecting: Promise<ConnectionUse> | undefined
  #idleTimer: ReturnType<typeof setTimeout> | undefined
  /** Dials that failed since the last that did not, and when the next may be. */
  #failures = 0
  #retryAt = 0
  /** A connection has stood before: the producer has forgotten this consumer if it says so. */
  #known = false
  /** The producer closed the last connection with 403. */
  #forgotten = false
  /** The last dial failed. */
  #unreached = false

  constructor(address: NodeAddr, options: PeerOptions) {
    this.address = address
    this.#options = options
    onAbort(options.closing, () => this.#close())
  }

  get state(): PeerState {
    return this.#state
  }

  /** Calls and sessions that run over the connection. */
  get busy(): number {
    return this.#use?.busy ?? 0
  }

  /** The open connection. */
  get current(): ConnectionUse | undefined {
    return this.#use
  }

  /** The open connection, or a new one. Fails with what dialling or being admitted failed with. */
  async connect(): Promise<ConnectionUse> {
    if (this.#use !== undefined) return this.#use
    this.#connecting ??= this.#connect()
    return this.#connecting
  }

  async #connect(): Promise<ConnectionUse> {
    const { clock, closing } = this.#options
    try {
      closing.throwIfAborted()
      const wait = this.#retryAt - clock.now()
      if (wait > 0) {
        this.#state = 'waiting'
        await pause(wait, closing)
      }
      return this.#opened(await this.#reach())
    } catch (error) {
      if (!closing.aborted) {
        this.#state = 'idle'
        this.#failures += 1
        this.#retryAt = clock.now() + backoffMs(this.#failures, clock)
      }
      throw error
    } finally {
      this.#connecting = undefined
    }
  }

  async #reach(): Promise<Connection> {
    if (this.#unreached && this.#options.apart) return this.#dialWhereItIsNow()
    const connection = this.#forgotten ? undefined : await this.#dialUnlessForgotten()
    if (connection !== undefined) return connection
    await this.#readmit()
    return this.#dial()
  }

  /** A refusal does not say that the known address is out of date: access may have been had before. */
  async #dialWhereItIsNow(): Promise<Connection> {
    // Where the producer cannot be asked either, the next attempt is a dial again.
    this.#unreached = false
    try {
      await this.#readmit()
    } catch (refusal) {
      if (this.#options.closing.aborted || isUnavailable(refusal)) throw refusal
      return await this.#dial().catch(() => {
        throw refusal
      })
    }
    return this.#dial()
  }

  async #readmit(): Promise<void> {
    this.#state = 'admitting'
    const address = await this.#options.readmit()
    if (address === undefined) {
      const text = `the producer offers nothing at the endpoint ${this.address.endpointId} any more`
      throw new RpcError(StatusCode.UNAVAILABLE, text)
    }
    this.address = address
    this.#forgotten = false
  }

  async #dial(): Promise<Connection> {
    const { transport, connectTimeoutMs, closing } = this.#options
    closing.throwIfAborted()
    this.#state = 'dialling'
    try {
      const connection = await dial(transport, this.address, {
        alpn: RPC_ALPN,
        timeoutMs: connectTimeoutMs,
        signal: closing,
      })
      this.#unreached = false
      return connection
    } catch (error) {
      this.#unreached = true
      throw error
    }
  }

  /** A connection, or nothing where the producer does not know this consumer any more. */
  async #dialUnlessForgotten(): Promise<Connection | undefined> {
    const { clock, closing } = this.#options
    const started = clock.now()
    const connection = await this.#dial()
    if (!this.#known) return connection
    const off = onAbort(closing, () => connection.close())
    // The 403 comes at most one round trip behind the handshake, which took at least one.
    const wait = pause(clock.now() - started + 5, closing)
    const end = await Promise.race([connection.closed, wait]).finally(off)
    this.#forgotten = end !== undefined && isRefusal(end)
    return this.#forgotten ? undefined : connection
  }

  #opened(connection: Connection): ConnectionUse {
    const { closing } = this.#options
    if (closing.aborted) connection.close()
    closing.throwIfAborted()
    const use = new ConnectionUse(connection, this.#options.clock)
    this.#state = 'open'
    this.#use = use
    this.#failures = 0
    this.#retryAt = 0
    this.#known = true
    void connection.closed.then((info) => this.#gone(use, info))
    this.#watchIdle(use)
    return use
  }

  #gone(use: ConnectionUse, info: CloseInfo): void {
    if (this.#use !== use) return
    this.#leave()
    this.#state = 'idle'
    this.#forgotten = isRefusal(info)
    this.#options.onLost(describeEnd(info))
  }

  /** One timer for as long as the connection stands: calls only note when they end. */
  #watchIdle(use: ConnectionUse): void {
    const { idleTimeoutMs } = this.#options
    if (idleTimeoutMs === Infinity) return
    const left = idleTimeoutMs - use.idleMs
    if (left <= 0) {
      this.#leave()
      this.#state = 'idle'
      use.connection.close(0, 'idle')
      return
    }
    this.#idleTimer = setTimeout(() => this.#watchIdle(use), Math.min(left, MAX_TIMER_MS))
    this.#idleTimer.unref()
  }

  #leave(): void {
    clearTimeout(this.#idleTimer)
    this.#use = undefined
  }

  #close(): void {
    const use = this.#use
    this.#leave()
    this.#state = 'closed'
    use?.connection.close()
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof RpcError && error.code === StatusCode.UNAVAILABLE
}

function isRefusal({ by, code }: CloseInfo): boolean {
  return by === 'peer' && code === NOT_ADMITTED
}

function describeEnd({ by, code, reason }: CloseInfo): string {
  const who = { local: 'closed here', peer: 'closed by the producer', network: 'lost' }[by]
  const details = [...(code === undefined ? [] : [`code ${code}`]), ...(reason === '' ? [] : [reason])]
  return details.length === 0 ? who : `${who} (${details.join(': ')})`
}
