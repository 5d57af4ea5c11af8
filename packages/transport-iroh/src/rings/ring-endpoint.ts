import type { NativeBindOptions } from '@aster/iroh-native'
import { type NodeAddr, TransportError } from '@aster/rpc-core'
import { onAbort, Pushable, settledWithin } from '@aster/rpc-core/protocol'
import { addressError, assertNodeAddr, dialableAddress, ENDPOINT_ID } from '../addresses.ts'
import { type BoundEndpoint, closedHere, type IrohConnection, NOTICE_MS } from '../binding.ts'
import type { EndpointOptions } from '../options.ts'
import {
  ACCEPTED_SILENCE_MS,
  DIALLED_SILENCE_MS,
  LOOPBACK_ROUND_TRIPS,
  LOOPBACK_SILENCE_MS,
  MAX_LOOPBACK_SILENCE_MS,
  SEVERAL_PATHS_MS,
} from '../silence.ts'
import { EventKind } from './kinds.ts'
import { bindError, dialError } from './ring-error.ts'
import { RingConnection } from './ring-connection.ts'
import type { Owner, Rings } from './rings.ts'

/** Milliseconds for which iroh's own close waits for the peer of a cancelled dial. */
const CANCELLED_MS = 3_000

/** An operation of the addon that succeeds or fails. */
class Operation implements Owner {
  readonly handle: number
  readonly #rings: Rings
  readonly #settle: (isReady: boolean) => void
  readonly #unhold: () => void

  constructor(handle: number, rings: Rings, settle: (isReady: boolean) => void) {
    this.handle = handle
    this.#rings = rings
    this.#settle = settle
    this.#unhold = rings.hold()
    rings.add(this)
  }

  onEvent(kind: number): void {
    this.#unhold()
    this.#settle(kind === EventKind.READY)
  }

  /** Cancels the operation: `settle` is not called. */
  cancel(): void {
    this.#unhold()
    this.#rings.net.cancel(this.handle)
    this.#rings.release(this)
  }
}

/** An endpoint of the addon. */
export class RingEndpoint implements BoundEndpoint, Owner {
  readonly handle: number
  readonly #rings: Rings
  #accepted: Pushable<IrohConnection> | undefined
  #unhold = (): void => {}
  #isClosed = false
  #onClosed = (): void => {}
  readonly #connections = new Set<RingConnection>()
  /** Each function cancels a dial in progress with the given reason. */
  readonly #dials = new Set<(reason: unknown) => void>()
  /** When a dial was last cancelled, by `performance.now()`. */
  #cancelledAt = -Infinity
  /** Whether the port was chosen by the user, who may want to bind it again after `close`. */
  readonly #hasOwnPort: boolean

  private constructor(handle: number, rings: Rings, { bindAddr = ':0' }: EndpointOptions) {
    this.handle = handle
    this.#rings = rings
    this.#hasOwnPort = !bindAddr.endsWith(':0')
    rings.add(this)
  }

  /**
   * Binds an endpoint.
   *
   * @throws AsterError if the system refuses the socket
   */
  static bind(rings: Rings, options: EndpointOptions): Promise<RingEndpoint> {
    return new Promise((resolve, reject) => {
      const operation: Operation = new Operation(rings.net.bind(nativeOptions(options)), rings, (isReady) => {
        if (isReady) return resolve(new RingEndpoint(operation.handle, rings, options))
        const failure = rings.net.failure(operation.handle)
        rings.release(operation)
        reject(bindError(failure, options.bindAddr))
      })
    })
  }

  address(): NodeAddr {
    const info = this.#rings.net.endpointInfo(this.handle)
    if (info === null) throw closedHere()
    const { id, relayUrl, sockets, addresses } = info
    return dialableAddress({ endpointId: id, relayUrl, sockets, found: addresses })
  }

  onEvent(kind: number, a: number): void {
    switch (kind) {
      case EventKind.ACCEPTED: {
        const connection = this.#keep(a)
        if (this.#accepted?.open === true) void this.#accepted.push(connection)
        else connection.close()
        return
      }
      case EventKind.ACCEPT_ENDED:
        // After `close` the event is expected. Without a `close`, iroh has stopped accepting by itself.
        if (this.#isClosed) return
        this.#unhold()
        return this.#accepted?.fail(new TransportError('lost', 'the endpoint has stopped accepting connections'))
      case EventKind.DONE:
        this.#unhold()
        this.#rings.release(this)
        return this.#onClosed()
    }
  }

  connect(address: NodeAddr, alpn: string, signal: AbortSignal | undefined): Promise<IrohConnection> {
    return new Promise((resolve, reject) => {
      const handle = this.#dial(address, alpn)
      const callOff = (reason: unknown): void => {
        settle()
        this.#cancelledAt = performance.now()
        operation.cancel()
        reject(reason as Error)
      }
      const settle = (): void => {
        off()
        this.#dials.delete(callOff)
      }
      const operation: Operation = new Operation(handle, this.#rings, (isReady) => {
        settle()
        if (isReady) return resolve(this.#keep(handle))
        const failure = this.#rings.net.failure(handle)
        this.#rings.release(operation)
        reject(dialError(failure, address.endpointId, alpn))
      })
      this.#dials.add(callOff)
      const off = onAbort(signal, () => callOff(signal?.reason))
    })
  }

  listen(alpns: readonly string[]): AsyncIterable<IrohConnection> {
    this.#unhold = this.#rings.hold()
    const accepted = new Pushable<IrohConnection>(Infinity, (left) => {
      for (const connection of left) connection.close()
      this.#unhold()
      if (!this.#isClosed) this.#rings.net.setAlpns(this.handle, [])
    })
    this.#accepted = accepted
    this.#rings.net.setAlpns(this.handle, [...alpns])
    return accepted
  }

  /**
   * Resolves when the peers have confirmed the end, or after 3 s. iroh waits for the peers of cancelled dials as well: unless the
   * port must be free afterwards, this method then waits 100 ms, and the endpoint closes in the background.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const callOff of this.#dials) callOff(closedHere())
    for (const connection of this.#connections) connection.close()
    this.#accepted?.end()
    this.#unhold()
    this.#unhold = this.#rings.hold()
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve))
    this.#rings.net.closeEndpoint(this.handle)
    const waitsForDial = performance.now() - this.#cancelledAt < CANCELLED_MS
    if (!waitsForDial || this.#hasOwnPort) return closed
    await settledWithin(closed, NOTICE_MS)
    this.#unhold()
  }

  #dial({ endpointId, addresses, relayUrl }: NodeAddr, alpn: string): number {
    assertNodeAddr({ endpointId, addresses, ...(relayUrl !== undefined && { relayUrl }) })
    try {
      return this.#rings.net.dial(this.handle, endpointId, [...addresses], relayUrl, alpn)
    } catch {
      // All other parts of the address were checked before.
      throw addressError('endpointId', endpointId, `${ENDPOINT_ID} (this one is not a point of the curve)`)
    }
  }

  #keep(handle: number): RingConnection {
    const connection = new RingConnection(handle, this.#rings)
    this.#connections.add(connection)
    void connection.closed.then(() => this.#connections.delete(connection))
    return connection
  }
}

function nativeOptions(options: EndpointOptions): NativeBindOptions {
  const { relays, secretKey, discovery, bindAddr, otherAddr, maxStreams, deadPeerMs } = options
  const own = typeof relays === 'string' ? undefined : relays
  const silence = (allowedMs: number): NativeBindOptions['dialled'] => ({
    allowedMs: Number.isFinite(deadPeerMs ?? allowedMs) ? (deadPeerMs ?? allowedMs) : undefined,
    // A `deadPeerMs` of the user applies to every path.
    severalPathsMs: deadPeerMs === undefined ? SEVERAL_PATHS_MS : 0,
    loopbackMs: deadPeerMs === undefined ? LOOPBACK_SILENCE_MS : undefined,
    loopbackRoundTrips: LOOPBACK_ROUND_TRIPS,
    loopbackMostMs: MAX_LOOPBACK_SILENCE_MS,
  })
  return {
    secretKey,
    addresses: bindAddr === undefined ? [] : [bindAddr],
    optionalAddress: otherAddr,
    alpns: [],
    relayMode: typeof relays === 'string' ? relays : 'own',
    relayUrls: [...(own?.urls ?? [])],
    relayToken: own?.token,
    discovery,
    maxStreams,
    dialled: silence(DIALLED_SILENCE_MS),
    accepted: silence(ACCEPTED_SILENCE_MS),
  }
}
