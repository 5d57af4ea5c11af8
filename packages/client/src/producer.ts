import type { ServiceSummary } from '@aster/admission'
import type { Logger, NodeAddr, Transport } from '@aster/rpc-core'
import { type Admission, admit } from './admit.ts'
import type { Clock } from './backoff.ts'
import { ServiceNotFoundError } from './errors.ts'
import type { EventHub } from './events.ts'
import { OutlierState } from './outlier-state.ts'
import { PeerConnection } from './peer-connection.ts'
import { channelAddress, endpointAddress, type Route, summaryFor } from './route.ts'
import type { ClientSettings } from './settings.ts'
import type { SharedConnection } from './shared-connection.ts'
import { TargetLease } from './target-lease.ts'

/** What the producers of a client have in common. */
export interface Surroundings {
  readonly transport: Transport
  readonly settings: ClientSettings
  readonly idleTimeoutMs: number
  readonly clock: Clock
  readonly events: EventHub
  readonly logger: Logger | undefined
  /** Aborts when the client is closed, or gives up connecting. */
  readonly closing: AbortSignal
  /** Throws where a producer's offer does not fit those of the others. */
  readonly accept: (producer: Producer, services: readonly ServiceSummary[]) => void
}

/** One of the addresses of a client: its admission, its connections, and how it has been doing. */
export class Producer {
  readonly address: NodeAddr
  readonly outlier: OutlierState
  readonly #around: Surroundings
  /** By endpoint id: a channel may lead to another endpoint than the one that admits. */
  readonly #peers = new Map<string, PeerConnection>()
  #paths = new WeakMap<Route, PeerConnection>()
  #admitted: Admission | undefined
  #admitting: Promise<Admission> | undefined
  #connecting = 0
  #up = false
  #complaint: string | undefined

  constructor(address: NodeAddr, around: Surroundings) {
    this.address = address
    this.outlier = new OutlierState(around.clock)
    this.#around = around
  }

  /** Its last admission. */
  get admitted(): Admission | undefined {
    return this.#admitted
  }

  /** Admitted, and the last news of its connections were good. */
  get up(): boolean {
    return this.#up
  }

  /** Calls that run or wait for a connection. */
  get pending(): number {
    let pending = this.#connecting
    for (const peer of this.#peers.values()) pending += peer.pending
    return pending
  }

  /** Whether it may offer the service: unknown before it has admitted this client. */
  mayOffer(route: Route): boolean {
    return this.#admitted === undefined || summaryFor(route, this.#admitted.services) !== undefined
  }

  /** Asks to be admitted, unless it is already. */
  async admit(): Promise<Admission> {
    return this.#admitted ?? this.#attempt(() => this.#ask())
  }

  /** A connection for a call, at once where one is open. */
  lease(route: Route): TargetLease | Promise<TargetLease> {
    const use = this.#paths.get(route)?.current
    return use === undefined ? this.#leaseLater(route) : new TargetLease(use, this.outlier)
  }

  /** Connects where there is no connection, in the background. */
  revive(route: Route): void {
    if (this.#connecting === 0) this.#connect(route).catch(() => {})
  }

  async #leaseLater(route: Route): Promise<TargetLease> {
    return new TargetLease(await this.#connect(route), this.outlier)
  }

  #connect(route: Route): Promise<SharedConnection> {
    return this.#attempt(async () => {
      const peer = this.#peerFor(route, this.#admitted ?? (await this.#ask()))
      return peer.connect().catch((error: unknown) => {
        // Admission may have been asked for anew, and the channel lead to another endpoint now.
        const now = this.#admitted && this.#peerFor(route, this.#admitted)
        if (now === undefined || now === peer) throw error
        return now.connect()
      })
    })
  }

  /** Keeps account of how connecting went. */
  async #attempt<T>(run: () => Promise<T>): Promise<T> {
    const { epoch } = this.outlier
    this.#connecting += 1
    try {
      const result = await run()
      this.#complaint = undefined
      this.#setUp()
      return result
    } catch (error) {
      if (!this.#around.closing.aborted && !(error instanceof ServiceNotFoundError)) {
        this.outlier.recordConnectFailure(epoch, error)
        this.#fail(error instanceof Error ? error.message : String(error))
      }
      throw error
    } finally {
      this.#connecting -= 1
    }
  }

  /** Whoever asks meanwhile gets the same answer. */
  #ask(): Promise<Admission> {
    this.#admitting ??= this.#askOnce().finally(() => (this.#admitting = undefined))
    return this.#admitting
  }

  async #askOnce(): Promise<Admission> {
    const { transport, settings, closing, accept, events } = this.#around
    const admitted = await admit({ transport, address: this.address, settings, signal: closing })
    const { services } = admitted
    const { endpointId } = this.address
    accept(this, services)
    const again = this.#admitted !== undefined
    this.#admitted = admitted
    // The channels may lead elsewhere now.
    this.#paths = new WeakMap()
    if (!again) this.#up = true
    events.emit(again ? 'readmitted' : 'admitted', { endpointId, services })
    return admitted
  }

  #peerFor(route: Route, { services, address: admittedAt }: Admission): PeerConnection {
    const known = this.#paths.get(route)
    if (known !== undefined) return known
    const summary = summaryFor(route, services)
    if (summary === undefined) throw new ServiceNotFoundError(route.service, route.version, services)
    const address = channelAddress(summary, route.channel, admittedAt)
    const peer = this.#peers.get(address.endpointId) ?? this.#newPeer(address)
    peer.address = address
    this.#paths.set(route, peer)
    return peer
  }

  #newPeer(address: NodeAddr): PeerConnection {
    const { transport, settings, idleTimeoutMs, clock, closing } = this.#around
    const peer = new PeerConnection(address, {
      transport,
      connectTimeoutMs: settings.config.connectTimeoutMs,
      idleTimeoutMs,
      clock,
      closing,
      resolvable: address.endpointId !== this.address.endpointId,
      readmit: async () => {
        const { services, address: admittedAt } = await this.#ask()
        return endpointAddress(address.endpointId, services, admittedAt)
      },
      onLost: (reason) => {
        this.outlier.recordLoss()
        this.#setDown(reason)
      },
    })
    this.#peers.set(address.endpointId, peer)
    return peer
  }

  #setUp(): void {
    if (this.#up || this.#around.closing.aborted) return
    this.#up = true
    this.#around.events.emit('reconnected', { endpointId: this.address.endpointId })
  }

  /** Says each time that something else is wrong, not each time that something is. */
  #fail(reason: string): void {
    const { endpointId } = this.address
    if (this.#complaint !== reason) this.#around.logger?.warn({ endpointId, reason }, 'a producer cannot be used')
    this.#complaint = reason
    this.#setDown(reason)
  }

  /** Only with the last of its connections: a channel may lead to another endpoint, and be lost alone. */
  #setDown(reason: string): void {
    if (!this.#up || [...this.#peers.values()].some((peer) => peer.current !== undefined)) return
    const { endpointId } = this.address
    this.#up = false
    this.#around.events.emit('lost', { endpointId, reason })
  }
}
