import { AsterError } from '@aster/rpc-core'
import { describe, expectInteger, expectNumber, expectPositive, isPlainObject } from '@aster/rpc-core/schema'

/** How many connections for admission an address may open before its others lose their places first. */
export interface AddressRate {
  /** Connections per second in the long run. @default 100 */
  readonly perSecond?: number | undefined
  /** Connections that may come at once, from 1: as many as there are consumers behind one address. @default 1,000 */
  readonly burst?: number | undefined
}

/** What admissions may take of a producer, all peers together. */
export interface AdmissionLimits {
  /**
   * Milliseconds that a connection for admission may last, its answer included; behind the answer at most 1,000 more. While
   * more than half of `maxConnections` wait for their answers, a connection has 1,000 ms for its first byte, and 3,000 ms from
   * there to the end of its request. @default 10,000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Connections for admission at a time. A further one takes the place of one that has its answer, else of one over the rate of
   * its address, else of the one that has been silent for longest, else of the one whose request is the slowest; the other is
   * closed with code 429. @default 1,024
   */
  readonly maxConnections?: number | undefined
  /**
   * Connections of one peer at a time that wait for their answers. A further one takes the place of the oldest on which
   * nothing was received, or is closed at once with code 429. @default 4
   */
  readonly maxConnectionsPerPeer?: number | undefined
  /**
   * The rate up to which connections from one address count as those of honest consumers: of an IPv4 address, of the first 64
   * bits of an IPv6 address, or of a relay. Connections over the rate are served like others while there are places; if a
   * place is needed, they lose theirs first. Connections of a transport without `paths` have no rate.
   */
  readonly perAddress?: AddressRate | undefined
}

const KEYS = ['timeoutMs', 'maxConnections', 'maxConnectionsPerPeer', 'perAddress'] satisfies (keyof AdmissionLimits)[]
const RATE_KEYS = ['perSecond', 'burst'] satisfies (keyof AddressRate)[]

/**
 * Checks limits of admissions: their keys, since a misspelt limit would limit nothing, and their numbers.
 *
 * @param path names the limits in messages: `admission`
 * @throws AsterError unless `limits` is absent, or a plain object with these keys and with numbers in their range
 */
export function checkAdmissionLimits(path: string, limits: AdmissionLimits | undefined): void {
  if (limits === undefined) return
  expectKeys(path, limits, KEYS)
  const { timeoutMs, maxConnections, maxConnectionsPerPeer, perAddress } = limits
  checkNumbers(path, { timeoutMs, maxConnections, maxConnectionsPerPeer })
  if (perAddress === undefined) return
  expectKeys(`${path}.perAddress`, perAddress, RATE_KEYS)
  checkRate(`${path}.perAddress`, perAddress)
}

function checkNumbers(path: string, { timeoutMs, maxConnections, maxConnectionsPerPeer }: AdmissionLimits): void {
  if (timeoutMs !== undefined) expectTimer(`${path}.timeoutMs`, timeoutMs)
  if (maxConnections !== undefined) expectInteger(`${path}.maxConnections`, maxConnections, 1)
  if (maxConnectionsPerPeer !== undefined) expectInteger(`${path}.maxConnectionsPerPeer`, maxConnectionsPerPeer, 1)
}

function checkRate(path: string, { perSecond, burst }: AddressRate): void {
  if (perSecond !== undefined) expectPositive(`${path}.perSecond`, perSecond)
  if (burst !== undefined) expectNumber(`${path}.burst`, burst, 1)
}

/** What a timer takes. */
const MAX_TIMER_MS = 2_147_483_647

function expectTimer(what: string, value: number): void {
  if (expectPositive(what, value) <= MAX_TIMER_MS) return
  throw new AsterError(`${what}: expected at most ${MAX_TIMER_MS} milliseconds, found ${value}`)
}

function expectKeys(path: string, value: unknown, keys: readonly string[]): void {
  if (!isPlainObject(value)) throw new AsterError(`${path}: expected an object of limits, found ${describe(value)}`)
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw new AsterError(`${path}: expected ${keys.join(', ')}, found ${unknown}`)
}
