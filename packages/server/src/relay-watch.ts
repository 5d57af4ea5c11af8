import type { Logger } from '@aster/rpc-core'
import { runGuarded, unref } from '@aster/rpc-core/protocol'
import type { Endpoint } from './endpoint.ts'
import type { RelayEvent } from './server-events.ts'

/** The addon's own notice of changes aborts the process: addresses are looked at instead. */
const POLL_MS = 3_000

export interface RelayWatchOptions {
  /** Milliseconds for which the first relays are waited for. */
  readonly timeoutMs: number
  readonly emit: (event: RelayEvent) => void
  /** Never throws. */
  readonly logger: Logger | undefined
}

/** An endpoint, as far as its relay is concerned. */
export interface RelayedEndpoint extends Pick<Endpoint, 'usesRelays' | 'wantedRelay' | 'relayUrl' | 'online'> {
  readonly channel: Pick<Endpoint['channel'], 'name'>
}

/** Follows the relays of a server's endpoints, from the start until it is stopped. */
export class RelayWatch {
  readonly #options: RelayWatchOptions
  /** What is known of the relays of endpoints, those included that had none yet. */
  readonly #known = new Map<RelayedEndpoint, string | undefined>()
  #timer: ReturnType<typeof setInterval> | undefined
  #isStopped = false
  #stop = (): void => {}
  /** Resolves, and never rejects, once every endpoint has its relay, does without, or is too late. */
  readonly ready: Promise<void>

  constructor(endpoints: readonly RelayedEndpoint[], options: RelayWatchOptions) {
    this.#options = options
    const stopped = new Promise<void>((resolve) => (this.#stop = resolve))
    const followed = endpoints.filter((endpoint) => endpoint.usesRelays)
    const found = Promise.all(followed.map((endpoint) => this.#find(endpoint)))
    this.ready = Promise.race([stopped, found.then(() => this.#poll())])
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#stop()
  }

  async #find(endpoint: RelayedEndpoint): Promise<void> {
    const { timeoutMs, logger } = this.#options
    this.#known.set(endpoint, undefined)
    const isOnline = await endpoint.online(timeoutMs)
    if (this.#isStopped) return
    // A start in good order has one line, that of the server.
    this.#look(endpoint, 'debug')
    if (isOnline) return
    const { channel, wantedRelay: relay } = endpoint
    const message = `${relay} was not reached within ${timeoutMs} ms: until it is, consumers need a direct path`
    logger?.warn({ channel: channel.name, relay }, message)
  }

  #poll(): void {
    if (this.#isStopped || this.#known.size === 0) return
    // The transport may be one of the user.
    const onError = (err: unknown): void => this.#options.logger?.error({ err }, 'a relay could not be looked at')
    this.#timer = setInterval(() => {
      for (const endpoint of this.#known.keys()) runGuarded(() => this.#look(endpoint, 'info'), onError)
    }, POLL_MS)
    unref(this.#timer)
  }

  #look(endpoint: RelayedEndpoint, level: 'debug' | 'info'): void {
    const { emit, logger } = this.#options
    const before = this.#known.get(endpoint)
    const { relayUrl } = endpoint
    if (relayUrl === before) return
    this.#known.set(endpoint, relayUrl)
    const channel = endpoint.channel.name
    if (relayUrl === undefined) logger?.warn({ channel, before }, 'no relay leads to the server any more')
    else logger?.[level]({ channel, relayUrl, before }, 'the server can be reached through a relay')
    emit({ channel, relayUrl })
  }
}
