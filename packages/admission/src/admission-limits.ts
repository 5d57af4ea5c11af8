import { AsterError } from '@aster/rpc-core'
import { describe, expectInteger, expectNumber, expectPositive, isPlainObject } from '@aster/rpc-core/schema'

/** The rate of connections for admission from one address. Connections above the rate lose their places first. */
export interface AddressRate {
  /**
   * Connections per second in the long run.
   *
   * @default 100
   */
  readonly perSecond?: number | undefined
  /**
   * Connections at once, from 1. Allow as many as there are consumers behind one address.
   *
   * @default 1_000
   */
  readonly burst?: number | undefined
}

/** Limits for the admissions of a producer, for all peers together. */
export interface AdmissionLimits {
  /**
   * Milliseconds that a connection for admission may last, including its answer. It is closed at the latest 1,000 ms after the
   * answer. While the connections that wait for their answers take more than half of the `maxConnections` places, a connection
   * has 1,000 ms for its first byte, and then 3,000 ms for the rest of its request.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Connections for admission at a time. If all places are taken, a new connection replaces the first of these that exists: one
   * that has its answer, one without progress for 500 ms, the one whose last progress is the oldest. Among equals, one over the
   * rate of its address comes first. A connection that is replaced before its answer is closed with code 429, and so is the new
   * one if it may replace none.
   *
   * @default 1_024
   */
  readonly maxConnections?: number | undefined
  /**
   * Connections of one peer at a time that wait for their answers. A further connection replaces the oldest one on which
   * nothing was received. If there is no such connection, the new one is closed with code 429.
   *
   * @default 4
   */
  readonly maxConnectionsPerPeer?: number | undefined
  /**
   * The rate up to which connections from one address count as those of honest consumers. An address is an IPv4 address, the
   * first 64 bits of an IPv6 address, or a relay. Connections over the rate are served like others while there are free
   * places, and are the first to lose their places when one is needed. Connections of a transport without `paths` have no rate.
   */
  readonly perAddress?: AddressRate | undefined
}

const KEYS = ['timeoutMs', 'maxConnections', 'maxConnectionsPerPeer', 'perAddress'] satisfies (keyof AdmissionLimits)[]
const RATE_KEYS = ['perSecond', 'burst'] satisfies (keyof AddressRate)[]

/**
 * Checks the keys of limits, since a misspelt key would limit nothing, and their values.
 *
 * @param path the name of the limits in messages, such as `admission`
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

/** The largest number of milliseconds that a timer accepts. */
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
