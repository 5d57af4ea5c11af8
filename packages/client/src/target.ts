import type { ServiceSummary } from '@aster/admission'
import type { NodeAddr } from '@aster/rpc-core'
import { LIMITS, runNeutral } from '@aster/rpc-core/protocol'
import { usableServices } from './admitted-addresses.ts'
import { admit } from './admit.ts'
import { DialAhead, termsOf } from './dial-ahead.ts'
import { admissionsOf } from './admissions-of.ts'
import { AddressRenewal } from './address-renewal.ts'
import { isChannelError, ServiceNotFoundError, tooManyEndpointsError } from './errors.ts'
import { errorMessage } from '@aster/rpc-core/schema'
import { OutlierState } from './outlier-state.ts'
import { PeerConnection } from './peer-connection.ts'
import { lacksRelay, ownRelayState } from './relays.ts'
import { assertChannelAllowed, channelAddress, endpointAddress, findService, type Route } from './route.ts'
import type { SharedConnection } from './shared-connection.ts'
import { TargetLease } from './target-lease.ts'
import type { Admission, TargetOptions } from './target-options.ts'
import { TargetStatus } from './target-status.ts'

/** One of the configured producers of a client, with its admission, its connections and its state. */
export class Target {
  readonly #configured: NodeAddr
  readonly outlier: OutlierState
  readonly #options: TargetOptions
  readonly #status: TargetStatus
  readonly #renewal: AddressRenewal
  /** The peers by endpoint id, because a channel may lead to another endpoint than the one that admits. */
  readonly #peers = new Map<string, PeerConnection>()
  /** Caches the peer of each route until the next admission. */
  #peerByRoute = new WeakMap<Route, PeerConnection>()
  /** The dialled endpoints of the last admission, without the one that admits. */
  readonly #named = new Set<string>()
  #address: NodeAddr
  #admission: Admission | undefined
  /** The connection that is dialled before the first call. */
  #ahead: DialAhead | undefined
  readonly #terms: string | undefined
  /** The running request for admission, which all callers share. */
  #admitting: Promise<Admission> | undefined
  /** The number of calls that wait for an admission or a connection. */
  #waiting = 0

  constructor(address: NodeAddr, options: TargetOptions) {
    const { clock, closing, events, logger } = options
    this.#configured = address
    this.#address = address
    this.outlier = new OutlierState(clock)
    this.#options = options
    this.#terms = termsOf(options.settings)
    this.#status = new TargetStatus({ endpointId: address.endpointId, events, logger })
    this.#renewal = new AddressRenewal({
      next: () => this.#nextOfRenewal(),
      ask: () => this.#requestAdmission(),
      closing,
    })
  }

  /** The configured address, with the paths of the same endpoint from the last admission. */
  get address(): NodeAddr {
    return this.#address
  }

  /** The last admission. */
  get admission(): Admission | undefined {
    return this.#admission
  }

  get up(): boolean {
    return this.#status.up
  }

  /** The number of running calls and sessions, including calls that wait for a connection. */
  get pending(): number {
    let pending = this.#waiting
    for (const peer of this.#peers.values()) pending += peer.pending
    return pending
  }

  /**
   * Returns true if the target may offer the service of a route. Before its first admission, a target may offer any
   * service.
   */
  mayOffer(route: Route): boolean {
    return this.#admission === undefined || findService(route, this.#admission.services) !== undefined
  }

  /** Returns the admission, and asks for one if it is missing. */
  async admit(): Promise<Admission> {
    return this.#admission ?? this.#track(() => this.#dialAndAdmit())
  }

  /**
   * Asks for admission. If this process was admitted with the same settings before, dials at the same time, so that the first
   * call finds a connection. No call uses the connection before the admission, which contains the services.
   */
  async #dialAndAdmit(): Promise<Admission> {
    const { transport, settings, closing } = this.#options
    const address = this.#address
    const { terms, isDropped = false } = admissionsOf(transport, address.endpointId)
    if (this.#terms === undefined || terms !== this.#terms || isDropped) return this.#requestAdmission()
    const ahead = new DialAhead({ transport, address, settings, closing })
    try {
      const admission = await this.#requestAdmission(ahead)
      this.#ahead = ahead
      return admission
    } catch (error) {
      ahead.end()
      throw error
    }
  }

  /**
   * Dials an address of this target for the first call. Does nothing if a call has dialled before, or if the address is that of
   * another endpoint.
   */
  dialAhead(address: NodeAddr): void {
    const { transport, settings, closing } = this.#options
    if (this.#ahead !== undefined || this.#peers.size > 0) return
    if (address.endpointId !== this.#configured.endpointId) return
    this.#ahead = new DialAhead({ transport, address, settings, closing })
    this.#ahead.begin()
  }

  /** Returns a lease of an open connection for a call; `undefined` if none is open. */
  acquire(route: Route): TargetLease | undefined {
    const shared = this.#peerByRoute.get(route)?.pick()
    return shared && new TargetLease(shared, this.outlier)
  }

  /** Returns a lease of a connection for a call, and opens one if needed. */
  async acquireLater(route: Route): Promise<TargetLease> {
    return new TargetLease(await this.#connect(route), this.outlier)
  }

  /** Connects in the background, unless an attempt is running. A failure is logged. */
  reconnect(route: Route): void {
    if (this.#waiting === 0) runNeutral(() => this.#connect(route)).catch(() => {})
  }

  #connect(route: Route): Promise<SharedConnection> {
    return this.#track(async () => {
      const peer = this.#peerFor(route, this.#admission ?? (await this.#requestAdmission()))
      return peer.connect().catch((error: unknown) => {
        // If the attempt asked for admission again, the channel may lead to another endpoint now.
        const current = this.#admission && this.#peerFor(route, this.#admission)
        if (current === undefined || current === peer) throw error
        return current.connect()
      })
    })
  }

  /** Runs an attempt to connect, and records its outcome. */
  async #track<T>(attempt: () => Promise<T>): Promise<T> {
    const { epoch } = this.outlier
    this.#waiting += 1
    try {
      const result = await attempt()
      this.#status.clearFailure()
      if (!this.#options.closing.aborted) this.#status.markUp()
      this.#renewal.start()
      return result
    } catch (error) {
      if (!this.#options.closing.aborted && !isChannelError(error)) {
        const reason = errorMessage(error)
        this.outlier.recordConnectFailure(epoch, error)
        this.#status.logFailure(reason)
        this.#markDown(reason)
      }
      throw error
    } finally {
      this.#waiting -= 1
    }
  }

  #requestAdmission(ahead?: DialAhead): Promise<Admission> {
    this.#admitting ??= this.#requestOnce(ahead).finally(() => (this.#admitting = undefined))
    return this.#admitting
  }

  async #requestOnce(ahead?: DialAhead): Promise<Admission> {
    const { transport, settings, closing, assertConsistent } = this.#options
    const { address } = this
    const known = admissionsOf(transport, address.endpointId)
    known.terms = undefined
    const onAsked = ahead && ((): void => ahead.begin())
    const { rules, ...grant } = await admit({ transport, address, settings, signal: closing, onAsked })
    known.terms = this.#terms
    assertConsistent(address.endpointId, grant.services)
    const { services, leftOut } = usableServices(grant.services, rules)
    this.#readAddresses(services)
    const admission = { ...grant, services, address: this.address }
    this.#admission = admission
    // The channels may lead to other endpoints now.
    this.#peerByRoute = new WeakMap()
    this.#named.clear()
    this.#status.warnOfAddresses(leftOut)
    this.#status.markAdmitted(admission.services)
    return admission
  }

  /** Updates the addresses of all peers from the answer to a request for admission. */
  #readAddresses(services: readonly ServiceSummary[]): void {
    const offered = endpointAddress(this.#configured.endpointId, services, this.#configured)
    this.#address = offered ?? this.#configured
    for (const [endpointId, peer] of this.#peers) {
      peer.address = endpointAddress(endpointId, services, this.#address) ?? peer.address
    }
  }

  /**
   * Returns the next step of the address renewal. A one-time credential cannot be used for a second admission, and a client
   * without relays cannot use the relay of a producer.
   */
  #nextOfRenewal(): 'ask' | 'wait' | 'end' {
    const { settings, transport } = this.#options
    if (!this.up || settings.credential?.type === 'ott') return 'end'
    const connected = [...this.#peers.values()].filter(({ current }) => current !== undefined)
    if (!lacksRelay(this.#address) && !connected.some(({ address }) => lacksRelay(address))) return 'end'
    const relay = ownRelayState(transport)
    if (relay === 'disabled') return 'end'
    return relay === 'reached' ? 'ask' : 'wait'
  }

  #peerFor(route: Route, admission: Admission): PeerConnection {
    const known = this.#peerByRoute.get(route)
    if (known !== undefined) return known
    const summary = findService(route, admission.services)
    if (summary === undefined) throw new ServiceNotFoundError(route.service, route.version, admission.services)
    const address = channelAddress(summary, route.channel, this.address)
    const { allowedChannels } = this.#options
    assertChannelAllowed({
      allowedChannels,
      service: route.service,
      channel: route.channel,
      address,
      admittedAt: this.address,
    })
    this.#countEndpoint(address.endpointId)
    const peer = this.#peers.get(address.endpointId) ?? this.#newPeer(address)
    peer.address = address
    this.#peerByRoute.set(route, peer)
    return peer
  }

  /** Limits the number of dialled endpoints, because an answer can name many more than a client should dial. */
  #countEndpoint(endpointId: string): void {
    if (endpointId === this.address.endpointId) return
    if (!this.#named.has(endpointId) && this.#named.size === LIMITS.admittedEndpoints)
      throw tooManyEndpointsError(this.address.endpointId)
    this.#named.add(endpointId)
  }

  #newPeer(address: NodeAddr): PeerConnection {
    const { transport, settings, idleTimeoutMs, maxConnectionsPerTarget, clock, closing, logger } = this.#options
    const ahead = address.endpointId === this.#configured.endpointId ? this.#ahead : undefined
    const peer = new PeerConnection(address, {
      takeDialled: ahead && (() => ahead.take()),
      maxConnections: maxConnectionsPerTarget,
      logger,
      transport,
      connectTimeoutMs: settings.config.connectTimeoutMs,
      idleTimeoutMs,
      clock,
      closing,
      resolvable: address.endpointId !== this.address.endpointId,
      readmit: async () => {
        const admission = await this.#requestAdmission()
        return endpointAddress(address.endpointId, admission.services, this.address)
      },
      onLost: (reason) => {
        this.outlier.recordLoss()
        this.#markDown(reason)
      },
      onPath: (path, before) => this.#status.tellPath(address.endpointId, path, before),
    })
    this.#peers.set(address.endpointId, peer)
    return peer
  }

  /** Marks the target as down unless it has a connection: a channel with an endpoint of its own may be lost alone. */
  #markDown(reason: string): void {
    for (const peer of this.#peers.values()) if (peer.current !== undefined) return
    this.#status.markDown(reason)
  }
}
