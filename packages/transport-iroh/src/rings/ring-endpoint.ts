import type { Connection, NodeAddr } from '@aster/rpc-core'
import { onAbort, Pushable } from '@aster/rpc-core/protocol'
import { bindFailure, dialError } from './failures.ts'
import { EventKind, type NativeBindOptions, type NativeEndpointInfo } from './net.ts'
import { RingConnection } from './ring-connection.ts'
import type { Owner, Rings } from './rings.ts'

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

  /** Calls it off: `settle` is not called. */
  cancel(): void {
    this.#unhold()
    this.#rings.net.cancel(this.handle)
    this.#rings.release(this)
  }
}

/** An endpoint of the addon. */
export class RingEndpoint implements Owner {
  readonly handle: number
  readonly #rings: Rings
  #accepted: Pushable<Connection> | undefined
  #onConnection: ((connection: RingConnection) => void) | undefined
  #unhold = (): void => {}
  #closing: Promise<void> | undefined
  #onClosed = (): void => {}

  private constructor(handle: number, rings: Rings) {
    this.handle = handle
    this.#rings = rings
    rings.add(this)
  }

  /** @throws AsterError if the system refuses the socket */
  static bind(rings: Rings, options: NativeBindOptions, bindAddr: string | undefined): Promise<RingEndpoint> {
    return new Promise((resolve, reject) => {
      const operation: Operation = new Operation(rings.net.bind(options), rings, (isReady) => {
        if (isReady) return resolve(new RingEndpoint(operation.handle, rings))
        const failure = rings.net.failure(operation.handle)
        rings.release(operation)
        reject(bindFailure(failure, bindAddr))
      })
    })
  }

  get info(): NativeEndpointInfo | undefined {
    return this.#rings.net.endpointInfo(this.handle) ?? undefined
  }

  onEvent(kind: number, a: number): void {
    switch (kind) {
      case EventKind.ACCEPTED: {
        const connection = new RingConnection(a, this.#rings)
        if (this.#accepted?.open !== true) return connection.close(0, '')
        this.#onConnection?.(connection)
        void this.#accepted.push(connection)
        return
      }
      case EventKind.DONE:
        this.#unhold()
        this.#rings.release(this)
        return this.#onClosed()
    }
  }

  /** Dials a peer. Rejects with a `TransportError`, or with the reason of `signal`, which calls the dial off. */
  dial(address: NodeAddr, alpn: string, signal: AbortSignal | undefined): Promise<RingConnection> {
    return new Promise((resolve, reject) => {
      const { endpointId, addresses, relayUrl } = address
      const handle = this.#rings.net.dial(this.handle, endpointId, [...addresses], relayUrl, alpn)
      let off = (): void => {}
      const operation: Operation = new Operation(handle, this.#rings, (isReady) => {
        off()
        if (isReady) return resolve(new RingConnection(handle, this.#rings))
        const failure = this.#rings.net.failure(handle)
        this.#rings.release(operation)
        reject(dialError(failure, endpointId, alpn))
      })
      off = onAbort(signal, () => {
        operation.cancel()
        reject(signal?.reason as Error)
      })
    })
  }

  /** Takes connections for these protocols. `onConnection` sees each before it is handed out. */
  listen(alpns: readonly string[], onConnection: (connection: RingConnection) => void): AsyncIterable<Connection> {
    this.#onConnection = onConnection
    this.#unhold = this.#rings.hold()
    const accepted = new Pushable<Connection>(Infinity, () => this.#rings.net.setAlpns(this.handle, []))
    this.#accepted = accepted
    this.#rings.net.setAlpns(this.handle, [...alpns])
    return accepted
  }

  /** Resolves when the peers have taken note of the end, or after 3 s. */
  close(): Promise<void> {
    return (this.#closing ??= new Promise((resolve) => {
      this.#accepted?.end()
      this.#unhold()
      this.#unhold = this.#rings.hold()
      this.#onClosed = resolve
      this.#rings.net.closeEndpoint(this.handle)
    }))
  }
}
