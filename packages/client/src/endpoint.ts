import { createHash } from 'node:crypto'
import { formatCredential } from '@aster/identity'
import type { Logger, Transport } from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'
import type { ClientSettings } from './settings.ts'

/** The transport of a client while the client uses it. */
export interface Endpoint {
  readonly transport: Transport
  /** Ends the use. The last user of a transport closes it. Does the same once, however often it is called. */
  release(): Promise<void>
}

/** Returns the endpoint of a transport that belongs to the user, who closes it. */
export function foreignEndpoint(transport: Transport): Endpoint {
  return { transport, release: async () => {} }
}

/** Opens an endpoint for one client. */
export async function openEndpoint(settings: ClientSettings, logger?: Logger): Promise<Endpoint> {
  const transport = await bind(settings, logger)
  return { transport, release: () => transport.close() }
}

/**
 * Returns the endpoint of this process for clients with the same node key (or none), the same credential and the same options
 * of the socket; opens it for the first of them.
 *
 * A producer knows its consumers by their endpoint ids, and grants what the last admission of an id says. So clients with
 * different credentials have different endpoints.
 */
export async function shareEndpoint(settings: ClientSettings, logger?: Logger): Promise<Endpoint> {
  const key = keyOf(settings)
  return (shared.get(key) ?? new SharedEndpoint(key, settings, logger)).use()
}

const shared = new Map<string, SharedEndpoint>()
/** Endpoints that close, by the same keys, if no other can be bound before: with the same node key, or to the same port. */
const closing = new Map<string, Promise<void>>()

/** An endpoint, and the number of clients that use it. In `shared` from the first to the last of them. */
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
      // The next client tries to bind again, whether or not the others have heard of the failure.
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

/** How many endpoints are shared now. */
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

/** A hash, since it stands for secrets. */
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
    // JSON has no number for `Infinity`.
    deadPeerMs?.toString(),
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
