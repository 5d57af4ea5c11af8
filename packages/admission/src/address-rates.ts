import type { Connection } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
import { ExpiringMap } from './expiring-map.ts'

/** The largest number of addresses whose rates are remembered. Above it, the address that was seen longest ago is forgotten. */
const MAX_ADDRESSES = 10_000

interface Bucket {
  tokens: number
  /** The time of the last connection, in milliseconds since the epoch. */
  at: number
}

/** A token bucket for each address from which connections come. It needs no timer. */
export class AddressRates {
  readonly #perMs: number
  readonly #burst: number
  readonly #buckets = new ExpiringMap<Bucket>(epochNow, MAX_ADDRESSES)

  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
  }

  /** Counts a connection towards the rate of its address. Returns whether the address is over that rate. */
  isOver(connection: Connection): boolean {
    const address = findAddress(connection)
    if (address === undefined) return false
    const now = epochNow()
    const bucket = this.#buckets.get(address) ?? { tokens: this.#burst, at: now }
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) * this.#perMs)
    bucket.at = now
    const isOver = bucket.tokens < 1
    if (!isOver) bucket.tokens -= 1
    // A full bucket is the same as a new one.
    this.#buckets.set(address, bucket, now + (this.#burst - bucket.tokens) / this.#perMs)
    return isOver
  }
}

/**
 * Returns the address of a connection, as far as it distinguishes users, or `undefined` if the transport does not know the
 * address.
 */
export function findAddress(connection: Connection): string | undefined {
  const path = connection.paths?.[0]
  if (path === undefined) return undefined
  return path.kind === 'direct' ? networkOf(path.address) : path.address
}

/** Returns an IPv4 address, or the first 64 bits of an IPv6 address, the smallest network that one user has. */
function networkOf(socketAddress: string): string {
  const host = socketAddress.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  if (!host.includes(':')) return host
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = host.replace(/%.*$/, '').toLowerCase().split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  const groups = [...first, ...zeros, ...last].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${groups.join(':')}::/64`
}
