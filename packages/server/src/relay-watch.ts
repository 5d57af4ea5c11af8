import type { Logger } from '@aster/rpc-core'
import { runGuarded, unref } from '@aster/rpc-core/protocol'
import type { Endpoint } from './endpoint.ts'
import type { RelayEvent } from './server-events.ts'

/** Milliseconds between two checks of the addresses. The addon can notify of changes, but then aborts the process. */
const POLL_MS = 3_000

/** The options of a `RelayWatch`. */
export interface RelayWatchOptions {
  /** Milliseconds to wait for the first relays. */
  readonly timeoutMs: number
  readonly emit: (event: RelayEvent) => void
  /** A logger that never throws. */
  readonly logger: Logger | undefined
}

/** The part of an endpoint that concerns its relay. */
export interface RelayedEndpoint extends Pick<Endpoint, 'usesRelays' | 'wantedRelay' | 'relayUrl' | 'online'> {
  readonly channel: Pick<Endpoint['channel'], 'name'>
}

/** Watches the relays of a server's endpoints until `stop()` is called. */
export class RelayWatch {
  readonly #options: RelayWatchOptions
  /** The last known relay of each endpoint; `undefined` if the endpoint had none. */
  readonly #known = new Map<RelayedEndpoint, string | undefined>()
  #timer: ReturnType<typeof setInterval> | undefined
  #isStopped = false
  #stop = (): void => {}
  /** Resolves when each endpoint has its relay, needs none, or has been waited for `timeoutMs`. Never rejects. */
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
    // `debug`, because a normal start logs one line only, that of the server.
    this.#look(endpoint, 'debug')
    if (isOnline) return
    const { channel, wantedRelay: relay } = endpoint
    const message = `${relay} was not reached within ${timeoutMs} ms: until it is, consumers need a direct path`
    logger?.warn({ channel: channel.name, relay }, message)
  }

  #poll(): void {
    if (this.#isStopped || this.#known.size === 0) return
    // A transport of the user may throw.
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
