import { AsterError } from '@aster/rpc-core'
import { describe, expectInteger, expectNumber, expectPositive, isPlainObject } from '@aster/rpc-core/schema'

/** Limits of calls. If several apply to one call, the tightest counts. */
export interface CallLimits {
  /**
   * The largest number of calls that run at a time, from 1. A call counts for as long as any part of it runs: a stream until it
   * ends, and a cancelled call until its handler returns. On a server the peers share the places. If only one peer calls, it may
   * have all places. If several call, a place that becomes free goes to the waiting peer that holds the fewest. @default no limit
   */
  maxConcurrent?: number | undefined
  /**
   * The largest number of calls that may wait for a place; needs `maxConcurrent`. The deadlines of the calls run meanwhile. If the
   * queue is full, the newest call of the peer with the most waiting calls is refused in favor of a call of another peer that has
   * fewer. @default 0
   */
  queue?: number | undefined
  /** Calls per second in the long run; a stream is one call. @default no limit */
  perSecond?: number | undefined
  /** The largest number of calls at once, from 1; needs `perSecond`. @default perSecond, at least 1 */
  burst?: number | undefined
  /** The time that a handler may take, in milliseconds, with its streams and without the wait for a place. @default no limit */
  timeoutMs?: number | undefined
}

/** The limits of a service, and of each of its methods. */
export interface ServiceLimits extends CallLimits {
  /** The limits of single methods, by their TypeScript names. @default none */
  methods?: Readonly<Record<string, CallLimits | undefined>> | undefined
}

/** Limits of each peer on its own, by the id that the transport proved. Up to 10,000 peers are remembered, as by `peerLimit`. */
export type PeerLimits = Pick<CallLimits, 'maxConcurrent' | 'perSecond' | 'burst'>

/** The limits of a server as a whole, of each of its services, and of each peer. */
export interface ServerLimits extends CallLimits {
  /** The limits of single services, by their names; all versions of a service share them. @default none */
  services?: Readonly<Record<string, ServiceLimits | undefined>> | undefined
  /** The limits of each peer on its own. @default none */
  perPeer?: PeerLimits | undefined
}

type KeysOf<Options> = readonly (keyof Options & string)[]

const CALL_KEYS = ['maxConcurrent', 'queue', 'perSecond', 'burst', 'timeoutMs'] as const satisfies KeysOf<CallLimits>

/** The keys of each kind of limits. */
export const LIMIT_KEYS = {
  call: CALL_KEYS,
  peer: ['maxConcurrent', 'perSecond', 'burst'] as const satisfies KeysOf<PeerLimits>,
  service: [...CALL_KEYS, 'methods'] as const satisfies KeysOf<ServiceLimits>,
  server: [...CALL_KEYS, 'services', 'perPeer'] as const satisfies KeysOf<ServerLimits>,
}

/**
 * Checks the keys of limits, since a misspelt limit would limit nothing, and their numbers.
 *
 * @param path names the limits in messages: `limits.services.Echo`
 * @throws AsterError unless `limits` is absent, or a plain object with these keys and with numbers in their range
 */
export function expectLimits(path: string, limits: CallLimits | undefined, keys: readonly string[]): void {
  expectLimitsObject(path, limits)
  if (limits === undefined) return
  const unknown = Object.keys(limits).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw new AsterError(`${path}: expected ${keys.join(', ')}, found ${unknown}`)
  const { maxConcurrent, queue, perSecond, burst, timeoutMs } = limits
  if (timeoutMs !== undefined) expectPositive(`${path}: timeoutMs`, timeoutMs)
  if (queue !== undefined && maxConcurrent === undefined) throw new AsterError(`${path}: queue: needs maxConcurrent`)
  if (burst !== undefined && perSecond === undefined) throw new AsterError(`${path}: burst: needs perSecond`)
  if (maxConcurrent !== undefined) expectInteger(`${path}: maxConcurrent`, maxConcurrent, 1)
  if (queue !== undefined) expectInteger(`${path}: queue`, queue, 0)
  if (perSecond !== undefined) expectPositive(`${path}: perSecond`, perSecond)
  if (burst !== undefined) expectNumber(`${path}: burst`, burst, 1)
}

/**
 * Checks limits as `expectLimits` does, for an interceptor whose only purpose is to limit.
 *
 * @throws AsterError as `expectLimits` does, and if the options limit nothing
 */
export function expectSomeLimits(path: string, limits: CallLimits, keys: readonly string[]): void {
  expectLimits(path, limits, keys)
  if (limitsSomething(limits)) return
  throw new AsterError(`${path}: expected ${keys.filter((key) => SUFFICIENT.has(key)).join(' or ')}`)
}

/** The options that limit calls without any other option. */
const SUFFICIENT: ReadonlySet<string> = new Set(['maxConcurrent', 'perSecond', 'timeoutMs'])

/** Returns whether the options limit calls at all. */
export function limitsSomething({ maxConcurrent, perSecond, timeoutMs }: CallLimits): boolean {
  return maxConcurrent !== undefined || perSecond !== undefined || timeoutMs !== undefined
}

/** @throws AsterError unless `value` is absent, or a plain object */
export function expectLimitsObject(path: string, value: unknown): void {
  if (value === undefined || isPlainObject(value)) return
  throw new AsterError(`${path}: expected an object of limits, found ${describe(value)}`)
}
