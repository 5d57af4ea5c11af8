import { AsterError } from '@aster/rpc-core'
import { describe, expectInteger, expectNumber, expectPositive, isPlainObject } from '@aster/rpc-core/schema'

/** Limits of calls. If several hold for one call, the tightest counts. */
export interface CallLimits {
  /**
   * Calls that run at a time, from 1. A call counts until nothing of it runs any more: a stream until it ends, a cancelled
   * handler until it returns. On a server the peers share the places: one that is alone may have all of them; while others call,
   * a place that becomes free goes to the peer that has the fewest. @default no limit
   */
  maxConcurrent?: number | undefined
  /**
   * Calls that may wait for a place, while their deadline runs; needs `maxConcurrent`. If all of them wait, a call of another peer
   * takes the place of the newest call of the peer that waits most, which is refused. @default 0
   */
  queue?: number | undefined
  /** Calls per second in the long run; a stream is one call. @default no limit */
  perSecond?: number | undefined
  /** Calls that may come at once, from 1; needs `perSecond`. @default perSecond, at least 1 */
  burst?: number | undefined
  /** Milliseconds that a handler may take, streams included; waiting for a place is not counted. @default no limit */
  timeoutMs?: number | undefined
}

/** The limits of a service, and of each of its methods. */
export interface ServiceLimits extends CallLimits {
  /** By the TypeScript names of the methods; each for one method of the service. */
  methods?: Readonly<Record<string, CallLimits | undefined>> | undefined
}

/** Limits of each peer on its own, by the id that the transport proved. Up to 10,000 peers are remembered, as by `peerLimit`. */
export type PeerLimits = Pick<CallLimits, 'maxConcurrent' | 'perSecond' | 'burst'>

/** The limits of a server as a whole, of each of its services, and of each peer. */
export interface ServerLimits extends CallLimits {
  /** By the names of the services; each for all calls of a service, whatever its version. */
  services?: Readonly<Record<string, ServiceLimits | undefined>> | undefined
  perPeer?: PeerLimits | undefined
}

type KeysOf<Options> = readonly (keyof Options & string)[]

const CALL_KEYS = ['maxConcurrent', 'queue', 'perSecond', 'burst', 'timeoutMs'] as const satisfies KeysOf<CallLimits>

/** The options that each kind of limits has. */
export const LIMIT_KEYS = {
  call: CALL_KEYS,
  peer: ['maxConcurrent', 'perSecond', 'burst'] as const satisfies KeysOf<PeerLimits>,
  service: [...CALL_KEYS, 'methods'] as const satisfies KeysOf<ServiceLimits>,
  server: [...CALL_KEYS, 'services', 'perPeer'] as const satisfies KeysOf<ServerLimits>,
}

/**
 * Checks limits: their keys, since a misspelt limit would limit nothing, and their numbers.
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
 * Checks limits as `expectLimits` does, for an interceptor that does nothing else.
 *
 * @throws AsterError also if they limit nothing
 */
export function expectSomeLimits(path: string, limits: CallLimits, keys: readonly string[]): void {
  expectLimits(path, limits, keys)
  if (limitsSomething(limits)) return
  throw new AsterError(`${path}: expected ${keys.filter((key) => SUFFICIENT.has(key)).join(' or ')}`)
}

/** Each of these limits calls without any other option. */
const SUFFICIENT: ReadonlySet<string> = new Set(['maxConcurrent', 'perSecond', 'timeoutMs'])

export function limitsSomething({ maxConcurrent, perSecond, timeoutMs }: CallLimits): boolean {
  return maxConcurrent !== undefined || perSecond !== undefined || timeoutMs !== undefined
}

/** @throws AsterError unless `value` is absent, or a plain object */
export function expectLimitsObject(path: string, value: unknown): void {
  if (value === undefined || isPlainObject(value)) return
  throw new AsterError(`${path}: expected an object of limits, found ${describe(value)}`)
}
