import { createHash } from 'node:crypto'
import { formatCredential } from '@aster/identity'
import type { Logger, Transport } from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'
import type { ClientSettings } from './settings.ts'

/** A transport that a client uses until it releases the endpoint. */
export interface Endpoint {
  readonly transport: Transport
  /** Ends the use of the transport, and closes it if this was the last use. Further calls have no effect. */
  release(): Promise<void>
}

/** Returns the endpoint of a transport of the user. `release()` does not close the transport. */
export function foreignEndpoint(transport: Transport): Endpoint {
  return { transport, release: async () => {} }
}

/** Opens an endpoint that is not shared with other clients. */
export async function openEndpoint(settings: ClientSettings, logger?: Logger): Promise<Endpoint> {
  const transport = await bind(settings, logger)
  return { transport, release: () => transport.close() }
}

/**
 * Returns the endpoint that clients of this process share if they have the same node key (or none), the same credential and the
 * same socket options. The first client opens it.
 *
 * A producer identifies its consumers by their endpoint ids, and the last admission of an id decides on its access. Therefore
 * clients with different credentials have different endpoints.
 */
export async function shareEndpoint(settings: ClientSettings, logger?: Logger): Promise<Endpoint> {
  const key = keyOf(settings)
  return (shared.get(key) ?? new SharedEndpoint(key, settings, logger)).use()
}

const shared = new Map<string, SharedEndpoint>()
/** Endpoints that are closing, by the same keys. Only those whose node key or port the next endpoint needs. */
const closing = new Map<string, Promise<void>>()

/** An endpoint, and the number of clients that use it. The endpoint is in `shared` while that number is above 0. */
class SharedEndpoint {
  readonly #key: string
  readonly #isExclusive: boolean
  readonly #transport: Promise<IrohTransport>
  #users = 0

  constructor(key: string, settings: ClientSettings, logger: Logger | undefined) {
    this.#key = key
    this.#isExclusive = isExclusive(settings)
    this.#transport = bindAfter(closing.get(key), settings, logger)
    shared.set(key, this)
  }

  async use(): Promise<Endpoint> {
    this.#users += 1
    try {
      const transport = await this.#transport
      let released: Promise<void> | undefined
      return { transport, release: () => (released ??= this.#release(transport)) }
    } catch (error) {
      // The next client must bind again, even if other clients still wait for the failed attempt.
      if (shared.get(this.#key) === this) shared.delete(this.#key)
      throw error
    }
  }

  async #release(transport: IrohTransport): Promise<void> {
    this.#users -= 1
    if (this.#users > 0) return
    shared.delete(this.#key)
    const closed = transport.close()
    if (this.#isExclusive) {
      const forget = (): void => void (closing.get(this.#key) === closed && closing.delete(this.#key))
      closing.set(this.#key, closed)
      closed.then(forget, forget)
    }
    await closed
  }
}

/** Returns the number of endpoints that are shared now. */
export function sharedEndpoints(): number {
  return shared.size
}

async function bindAfter(
  closed: Promise<void> | undefined,
  settings: ClientSettings,
  logger: Logger | undefined,
): Promise<IrohTransport> {
  await closed?.catch(() => {})
  return bind(settings, logger)
}

async function bind({ config }: ClientSettings, logger: Logger | undefined): Promise<IrohTransport> {
  const { secretKey, relayMode, relayToken, discovery, bindAddr, deadPeerMs } = config
  return IrohTransport.bind({ secretKey, relayMode, relayToken, discovery, bindAddr, deadPeerMs, logger })
}

function isExclusive({ config: { secretKey, bindAddr } }: ClientSettings): boolean {
  return secretKey !== undefined || !(bindAddr?.endsWith(':0') ?? true)
}

/** Returns the key of a shared endpoint; a hash, because the settings include secrets. */
function keyOf({ config, credential }: ClientSettings): string {
  const { secretKey, relayMode, relayToken, discovery, bindAddr, deadPeerMs, enrollmentCredentialIid } = config
  const parts = [
    secretKey && Buffer.from(secretKey).toString('hex'),
    credential && formatCredential(credential),
    enrollmentCredentialIid,
    relayMode,
    relayToken,
    discovery,
    bindAddr,
    // As a string, because JSON cannot represent `Infinity`.
    deadPeerMs?.toString(),
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
