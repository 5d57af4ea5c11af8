import { isMainThread } from 'node:worker_threads'
import { type NodeAddr, TransportError } from '@aster/rpc-core'
import { abortable, Pushable, runNeutral, settledWithin } from '@aster/rpc-core/protocol'
import { type Binding, type BoundEndpoint, closedHere, type IrohConnection, NOTICE_MS } from '../binding.ts'
import type { EndpointOptions } from '../options.ts'
import { ACCEPTED_SILENCE_MS, DIALLED_SILENCE_MS } from '../silence.ts'
import { bindNative } from './bind.ts'
import { bindBehindClosed, noteClosed } from './closed-endpoints.ts'
import { Number0Connection } from './connection.ts'
import { Handshakes } from './handshakes.ts'
import { loadNative, type Native, type NativeConnection, type NativeEndpoint, type NativeIncoming } from './native.ts'
import { addressOf, nativeAddress } from './native-address.ts'
import { connectError, firstLine, reportFault } from './native-error.ts'
import { NativeHalves } from './native-halves.ts'
import { textToArray } from './number-array.ts'

/** Milliseconds that handshakes have to end before the endpoint is closed. */
const HANDSHAKES_MS = 500

/**
 * A byte costs both peers about 80 ns together, since it crosses as an element of an array of numbers; zstd costs 15 us and
 * 3 to 5 ns a byte.
 */
const COMPRESS_ABOVE = 1_024

/**
 * Returns the binding over `@number0/iroh`.
 *
 * @throws AsterError if `@number0/iroh` cannot be loaded
 */
export async function number0Binding(): Promise<Binding> {
  const iroh = await loadNative()
  return {
    name: 'number0',
    compressAbove: COMPRESS_ABOVE,
    async bind(options) {
      if (!isMainThread) warnOfWorkers()
      return new Number0Endpoint(iroh, await bindBehindClosed(() => bindNative(iroh, options)), options)
    },
  }
}

/** An endpoint of `@number0/iroh`. */
class Number0Endpoint implements BoundEndpoint {
  readonly #iroh: Native
  /** Dropped once closed, so that its sockets can be freed. */
  #endpoint: NativeEndpoint | undefined
  readonly #options: EndpointOptions
  readonly #connections = new Set<Number0Connection>()
  readonly #natives = new NativeHalves()
  #listener: Pushable<IrohConnection> | undefined
  /** Native dials in progress. */
  #dials = 0
  /** Handshakes of peers that dial. None of the promises rejects. */
  readonly #handshakes = new Set<Promise<void>>()
  readonly #handshakeLimits = new Handshakes()
  #isClosed = false

  constructor(iroh: Native, endpoint: NativeEndpoint, options: EndpointOptions) {
    this.#iroh = iroh
    this.#endpoint = endpoint
    this.#options = options
  }

  address(): NodeAddr {
    if (this.#endpoint === undefined) throw closedHere()
    return addressOf(this.#endpoint)
  }

  async connect(address: NodeAddr, alpn: string, signal: AbortSignal | undefined): Promise<IrohConnection> {
    const [endpoint, to] = [this.#endpoint, nativeAddress(this.#iroh, address)]
    if (endpoint === undefined) throw closedHere()
    const dial = (): Promise<NativeConnection> =>
      abortable(this.#count(endpoint.connect(to, textToArray(alpn))), signal, (late) => late.close(0n, []))
    try {
      // The addon cannot cancel a dial, which ends after 30 s; until then it must not keep the caller's async context
      // alive.
      return this.#keep(await runNeutral(dial), true)
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw error instanceof TransportError ? error : connectError(error, address.endpointId, alpn)
    }
  }

  listen(alpns: readonly string[]): AsyncIterable<IrohConnection> {
    const connections = new Pushable<IrohConnection>(Infinity, () => this.#endpoint?.setAlpns([]))
    this.#listener = connections
    this.#endpoint?.setAlpns(alpns.map((alpn) => textToArray(alpn)))
    runNeutral(() => this.#accept(connections)).catch(reportFault)
    return connections
  }

  /** Accepts connections until `close`. If accepting ends before that, the listener fails. Never rejects. */
  async #accept(connections: Pushable<IrohConnection>): Promise<void> {
    let why = ''
    try {
      for (;;) {
        const incoming = (await this.#endpoint?.acceptNext()) ?? null
        if (incoming === null) break
        if (!this.#isClosed) this.#track(this.#handshakeLimits.run(incoming, () => this.#shake(incoming, connections)))
        else incoming.refuse().catch(reportFault)
      }
    } catch (error) {
      why = `: ${firstLine(error)}`
    }
    if (this.#isClosed) connections.end()
    else connections.fail(new TransportError('lost', `the endpoint has stopped accepting connections${why}`))
  }

  #track(handshake: Promise<void>): void {
    const tracked = handshake.catch(reportFault).finally(() => this.#handshakes.delete(tracked))
    this.#handshakes.add(tracked)
  }

  /** Runs the handshake of a peer that dials. If it fails, only that peer is concerned. Never rejects. */
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

  #keep(native: NativeConnection, dialled: boolean): Number0Connection {
    if (this.#isClosed) {
      native.close(0n, [])
      throw closedHere()
    }
    const connection = runNeutral(() => this.#connectionOf(native, dialled))
    this.#connections.add(connection)
    return connection
  }

  #connectionOf(native: NativeConnection, dialled: boolean): Number0Connection {
    const { maxStreams, deadPeerMs } = this.#options
    const connection = new Number0Connection(native, {
      natives: this.#natives,
      deadPeerMs,
      silenceMs: dialled ? DIALLED_SILENCE_MS : ACCEPTED_SILENCE_MS,
      dialled,
      maxStreams: dialled ? undefined : maxStreams,
    })
    // An endpoint without a reference is collected, which ends its connections. The listener on `closed` keeps the endpoint
    // until the connection is gone.
    connection.closed.then(() => this.#connections.delete(connection)).catch(reportFault)
    return connection
  }

  /** Counts a native dial while it is in progress, even if its caller waits no longer. */
  async #count(dial: Promise<NativeConnection>): Promise<NativeConnection> {
    this.#dials += 1
    try {
      return await dial
    } finally {
      this.#dials -= 1
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const endpoint = this.#endpoint
    for (const connection of this.#connections) connection.close()
    this.#listener?.end()
    if (endpoint === undefined) return
    // The addon may never report the end of a handshake that `close` interrupts, and the process would not exit.
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
