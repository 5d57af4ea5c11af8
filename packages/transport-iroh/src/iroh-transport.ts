import { isMainThread } from 'node:worker_threads'
import { type NodeAddr, type Transport, TransportError } from '@aster/rpc-core'
import { abortable, epochNow, misuseError, Pushable, runAt, runNeutral, settledWithin } from '@aster/rpc-core/protocol'
import { bindEndpoint, type BindOptions } from './bind.ts'
import { bindBehindClosed, noteClosed } from './closed-endpoints.ts'
import { Handshakes } from './handshakes.ts'
import { IrohConnection } from './iroh-connection.ts'
import { loadNative, type Native, type NativeConnection, type NativeEndpoint, type NativeIncoming } from './native.ts'
import { addressOf, nativeAddress } from './native-address.ts'
import { NativeHalves } from './native-halves.ts'
import { connectError, firstLine, reportFault } from './native-error.ts'
import { textToArray } from './number-array.ts'

export interface IrohTransportOptions extends BindOptions {
  /** Streams that a peer which dialled may have open here: at least 100, which QUIC has granted already. @default 1024 */
  readonly maxStreams?: number
  /**
   * Milliseconds without a packet after which a peer counts as gone, while a read waits for it: at least 1,000. `Infinity`
   * leaves it to QUIC, which gives up after 30 s.
   *
   * @default 15,000 for a peer that was dialled, 20,000 while several paths to it are open, 30,000 for one that dialled, 2,000
   * on loopback paths
   */
  readonly deadPeerMs?: number | undefined
}

const MIN_DEAD_PEER_MS = 1_000
const RELAY_POLL_MS = 50
/** What peers have to take note of a close that does not wait for dials under way. */
const NOTICE_MS = 100
/** What handshakes have to end before the endpoint is closed. */
const HANDSHAKES_MS = 500
/** What a peer may be silent for by default, seen from the side that dialled and from the side that was dialled. */
const DIALLED_SILENCE_MS = 15_000
const ACCEPTED_SILENCE_MS = 30_000

/** An iroh endpoint: dials peers by their public keys, and accepts those that dial. */
export class IrohTransport implements Transport {
  /** The public key: 64 lower-case hex digits. */
  readonly endpointId: string
  readonly #iroh: Native
  /** Dropped once it is closed, and its sockets with it. */
  #endpoint: NativeEndpoint | undefined
  readonly #maxStreams: number
  readonly #deadPeerMs: number | undefined
  readonly #connections = new Set<IrohConnection>()
  readonly #natives = new NativeHalves()
  #listener: Pushable<IrohConnection> | undefined
  /** Native dials under way. */
  #dials = 0
  /** Handshakes of peers that dial. None rejects. */
  readonly #handshakes = new Set<Promise<void>>()
  readonly #handshakeLimits = new Handshakes()
  #closed: Promise<void> | undefined
  #lastAddress: NodeAddr
  /** Whether relays are enabled. */
  readonly usesRelays: boolean

  private constructor(iroh: Native, endpoint: NativeEndpoint, options: IrohTransportOptions) {
    const { maxStreams = 1024, deadPeerMs, relayMode } = options
    this.usesRelays = relayMode !== 'disabled'
    this.#iroh = iroh
    this.#endpoint = endpoint
    this.#maxStreams = maxStreams
    this.#deadPeerMs = deadPeerMs
    this.#lastAddress = addressOf(endpoint)
    this.endpointId = this.#lastAddress.endpointId
  }

  /**
   * @throws TransportError (`misuse`) for an option that is wrong
   * @throws AsterError if the socket cannot be bound, or the platform has no binary of the addon
   */
  static async bind(options: IrohTransportOptions = {}): Promise<IrohTransport> {
    checkOptions(options)
    const iroh = await loadNative()
    if (!isMainThread) warnOfWorkers()
    return new IrohTransport(iroh, await bindBehindClosed(() => bindEndpoint(iroh, options)), options)
  }

  /** As it is known now: the relay comes some time after `bind`, and addresses change with the network. The last one once closed. */
  get localAddress(): NodeAddr {
    if (this.#endpoint !== undefined) this.#lastAddress = addressOf(this.#endpoint)
    return this.#lastAddress
  }

  /** The URL of the relay through which this endpoint can be reached; `undefined` if it has none, or not yet. */
  get relayUrl(): string | undefined {
    return this.localAddress.relayUrl
  }

  /**
   * Waits until the endpoint can be reached through a relay. Resolves to true then, and at once if relays are disabled; to
   * false after `timeoutMs`, or once the transport is closed.
   */
  async online(timeoutMs: number): Promise<boolean> {
    if (!this.usesRelays) return true
    const end = epochNow() + timeoutMs
    while (this.#closed === undefined && this.relayUrl === undefined && epochNow() < end) {
      // The addon's own wait cannot be called off, and would keep the endpoint's sockets.
      await new Promise<void>((resolve) => runAt(epochNow() + RELAY_POLL_MS, resolve))
    }
    return this.#closed === undefined && this.relayUrl !== undefined
  }

  async connect(
    address: NodeAddr,
    { alpn, signal }: { alpn: string; signal?: AbortSignal | undefined },
  ): Promise<IrohConnection> {
    signal?.throwIfAborted()
    const [endpoint, to] = [this.#open, nativeAddress(this.#iroh, address)]
    const dial = (): Promise<NativeConnection> =>
      abortable(this.#count(endpoint.connect(to, textToArray(alpn))), signal, (late) => late.close(0n, []))
    try {
      // The addon cannot call a dial off: it ends by itself after 30 s, and must not keep the caller's context until then.
      return this.#keep(await runNeutral(dial), true)
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw error instanceof TransportError ? error : connectError(error, address.endpointId, alpn)
    }
  }

  /**
   * Accepts from the call on. Once per transport; leaving the loop refuses whoever dials later. The loop ends with the
   * transport, and fails with a `TransportError` (`lost`) if the addon stops accepting before that.
   */
  listen({ alpns }: { alpns: readonly string[] }): AsyncIterable<IrohConnection> {
    const endpoint = this.#open
    if (this.#listener !== undefined) throw misuseError('the transport listens already')
    const connections = new Pushable<IrohConnection>(Infinity, () => this.#endpoint?.setAlpns([]))
    this.#listener = connections
    endpoint.setAlpns(alpns.map((alpn) => textToArray(alpn)))
    runNeutral(() => this.#accept(connections)).catch(reportFault)
    return connections
  }

  get #open(): NativeEndpoint {
    if (this.#closed !== undefined || this.#endpoint === undefined) throw closedHere()
    return this.#endpoint
  }

  /** Never rejects: what ends it before `close` fails the listener. */
  async #accept(connections: Pushable<IrohConnection>): Promise<void> {
    let why = ''
    try {
      for (;;) {
        const incoming = (await this.#endpoint?.acceptNext()) ?? null
        if (incoming === null) break
        if (this.#closed === undefined)
          this.#track(this.#handshakeLimits.run(incoming, () => this.#shake(incoming, connections)))
        else incoming.refuse().catch(reportFault)
      }
    } catch (error) {
      why = `: ${firstLine(error)}`
    }
    if (this.#closed !== undefined) connections.end()
    else connections.fail(new TransportError('lost', `the endpoint has stopped accepting connections${why}`))
  }

  #track(handshake: Promise<void>): void {
    const tracked = handshake.catch(reportFault).finally(() => this.#handshakes.delete(tracked))
    this.#handshakes.add(tracked)
  }

  /** A handshake that fails concerns the one who dialled, and nobody else. Never rejects. */
  async #shake(incoming: NativeIncoming, connections: Pushable<IrohConnection>): Promise<void> {
    let native: NativeConnection | undefined
    try {
      native = await (await incoming.accept()).connect()
      if (!connections.open) return native.close(0n, [])
      void connections.push(this.#keep(native, false))
    } catch {
      native?.close(0n, [])
    }
  }

  #keep(native: NativeConnection, dialled: boolean): IrohConnection {
    if (this.#closed !== undefined) {
      native.close(0n, [])
      throw closedHere()
    }
    const connection = runNeutral(() => this.#connectionOf(native, dialled))
    this.#connections.add(connection)
    return connection
  }

  #connectionOf(native: NativeConnection, dialled: boolean): IrohConnection {
    const silenceMs = dialled ? DIALLED_SILENCE_MS : ACCEPTED_SILENCE_MS
    const maxStreams = dialled ? undefined : this.#maxStreams
    const options = { natives: this.#natives, deadPeerMs: this.#deadPeerMs, silenceMs, dialled, maxStreams }
    const connection = new IrohConnection(native, options)
    // An endpoint that nobody holds is collected, and its connections die with it: this keeps it until they are gone.
    connection.closed.then(() => this.#connections.delete(connection)).catch(reportFault)
    return connection
  }

  /** Counts a native dial while it is under way, whether or not its caller waits. */
  async #count(dial: Promise<NativeConnection>): Promise<NativeConnection> {
    this.#dials += 1
    try {
      return await dial
    } finally {
      this.#dials -= 1
    }
  }

  /**
   * Closes every connection with code 0, then the endpoint. Waits up to 3 s for peers to take note. With a dial under way,
   * iroh would wait for that peer as well: then peers have 100 ms, and the endpoint closes by itself within 3 s more.
   */
  close(): Promise<void> {
    return (this.#closed ??= runNeutral(() => this.#close()))
  }

  async #close(): Promise<void> {
    const endpoint = this.#endpoint
    this.#lastAddress = this.localAddress
    for (const connection of this.#connections) connection.close()
    this.#listener?.end()
    if (endpoint === undefined) return
    // The addon may never tell of the end of a handshake that the end of its endpoint cuts off, and the process stays.
    if (this.#handshakes.size > 0) await settledWithin(Promise.all(this.#handshakes), HANDSHAKES_MS)
    const closed = endpoint.close()
    noteClosed(endpoint, closed)
    try {
      await (this.#dials === 0 ? closed : settledWithin(closed, NOTICE_MS))
    } finally {
      this.#endpoint = undefined
      this.#natives.clear()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function checkOptions({ maxStreams = 1024, deadPeerMs }: IrohTransportOptions): void {
  if (!Number.isSafeInteger(maxStreams) || maxStreams < 100)
    throw misuseError(`maxStreams is ${maxStreams}; expected an integer from 100 on`)
  if (deadPeerMs !== undefined && !(typeof deadPeerMs === 'number' && deadPeerMs >= MIN_DEAD_PEER_MS))
    throw misuseError(
      `deadPeerMs is ${String(deadPeerMs)}; expected milliseconds from ${MIN_DEAD_PEER_MS} on, or Infinity`,
    )
}

let warned = false

function warnOfWorkers(): void {
  if (warned) return
  warned = true
  process.emitWarning(
    'a worker thread that ends with an open iroh endpoint aborts the whole process: close every client, server and transport of the worker before it ends',
    { type: 'AsterWarning', code: 'ASTER_WORKER' },
  )
}

function closedHere(): TransportError {
  return new TransportError('closed', 'this side closed the transport', { code: 0 })
}
