import { networkInterfaces } from 'node:os'
import type { Connection, Logger } from '@aster/rpc-core'
import { epochNow, noticesOf, runAt } from '@aster/rpc-core/protocol'

/**
 * Milliseconds until a connection is checked again, because it may start on a relay and find the peer's own address
 * later.
 */
const LOOK_AGAIN_MS = 3_000

/**
 * Detects two programs that use copies of one node key: such programs take over each other's connections, and share admission,
 * limits and one-time credential. Logs a warning once for each endpoint id that is connected from two places.
 */
export class TwinWatch {
  readonly #logger: Logger | undefined
  /** The open connections by the endpoint id of their peer, with the addresses at which each was last seen. */
  readonly #live = new Map<string, Map<Connection, readonly string[]>>()

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  /** Watches a connection until it closes. */
  add(connection: Connection): void {
    const { paths, remoteId } = connection
    // A transport without paths reports no addresses to compare.
    if (this.#logger === undefined || paths === undefined) return
    const all = this.#live.get(remoteId) ?? new Map<Connection, readonly string[]>()
    this.#live.set(remoteId, all)
    all.set(connection, directAddresses(paths))
    this.#compare(connection, all)
    const lookAgain = (): void => {
      for (const one of all.keys()) all.set(one, directAddresses(one.paths))
      this.#compare(connection, all)
    }
    const stopTimer = runAt(epochNow() + LOOK_AGAIN_MS, lookAgain, { unref: true })
    void connection.closed.then(() => {
      stopTimer()
      all.delete(connection)
      if (all.size === 0) this.#live.delete(remoteId)
    })
  }

  #compare(connection: Connection, all: Map<Connection, readonly string[]>): void {
    const here = all.get(connection) ?? []
    for (const [other, known] of all) {
      if (other === connection || (known.length > 0 && !areApart(here, known))) continue
      // The other connection may have moved since it was last seen, or had no address yet.
      const there = directAddresses(other.paths)
      all.set(other, there)
      if (!areApart(here, there) || !noticesOf(this.#logger).isDue(`twins ${connection.remoteId}`, Infinity)) continue
      this.#logger?.warn(
        { peer: connection.remoteId, addresses: [...there, ...here] },
        'two connections from different addresses have one endpoint id: if these are two programs, each needs a node key of its own',
      )
    }
  }
}

const directAddresses = (paths: Connection['paths'] = []): readonly string[] =>
  paths.filter(({ kind }) => kind === 'direct').map(({ address }) => address)

interface SocketAddress {
  readonly host: string
  readonly port: string
}

function split(address: string): SocketAddress {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: address.slice(colon + 1) }
}

const isV6 = ({ host }: SocketAddress): boolean => host.includes(':')

/** Returns true if two lists of addresses belong to two sockets. Addresses of different families are not compared. */
export function areApart(here: readonly string[], there: readonly string[]): boolean {
  const pairs = here.flatMap((one) => there.map((other) => [split(one), split(other)] as const))
  const comparable = pairs.filter(([one, other]) => isV6(one) === isV6(other))
  return comparable.length > 0 && !comparable.some(([one, other]) => areOneSocket(one, other))
}

/**
 * Returns true if two addresses can belong to one socket: a socket of this machine appears at each address of the
 * machine.
 */
function areOneSocket(one: SocketAddress, other: SocketAddress): boolean {
  if (one.port !== other.port) return false
  return one.host === other.host || (isLocal(one.host) && isLocal(other.host))
}

function isLocal(host: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return host.startsWith('127.') || own.some(({ address }) => address === host)
}
