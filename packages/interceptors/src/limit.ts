import { AsterError } from '@aster/rpc-core'
import { describe, expectInteger, expectPositive, isPlainObject } from '@aster/rpc-core/schema'
import type { CallLimits } from './call-limits.ts'
import { bucketOf } from './rate-limit.ts'
import { Slots } from './slots.ts'
import type { TokenBucket } from './token-bucket.ts'

/** Limits in force, with what is used of them. */
export interface Limit {
  /** What they are for. */
  readonly what: string
  readonly slots: Slots | undefined
  readonly bucket: TokenBucket | undefined
  /** `Infinity` where there is none. */
  readonly timeoutMs: number
}

export const PEER_KEYS = ['maxConcurrent', 'perSecond', 'burst']
export const CALL_KEYS = ['maxConcurrent', 'queue', 'perSecond', 'burst', 'timeoutMs']
export const SERVICE_KEYS = [...CALL_KEYS, 'methods']
export const SERVER_KEYS = [...CALL_KEYS, 'services', 'perPeer']

/** Throws `AsterError` for what is no object, and for a key that is not among `keys`: a limit that is misspelt would be none. */
export function expectLimits(path: string, limits: unknown, keys: readonly string[]): void {
  expectObject(path, limits)
  const unknown = Object.keys((limits ?? {}) as object).find((key) => !keys.includes(key))
  if (unknown !== undefined) throw new AsterError(`${path}: expected ${keys.join(', ')}, found ${unknown}`)
}

export function expectObject(path: string, value: unknown): void {
  if (value === undefined || isPlainObject(value)) return
  throw new AsterError(`${path}: expected an object of limits, found ${describe(value)}`)
}

/** `undefined` where nothing is limited. Throws `AsterError` for a number that is wrong, and for half of a pair. */
export function limitOf(path: string, what: string, limits: CallLimits = {}): Limit | undefined {
  const { maxConcurrent, queue, perSecond, burst, timeoutMs } = limits
  if (timeoutMs !== undefined) expectPositive(`${path}: timeoutMs`, timeoutMs)
  if (queue !== undefined && maxConcurrent === undefined) throw new AsterError(`${path}: queue: needs maxConcurrent`)
  if (burst !== undefined && perSecond === undefined) throw new AsterError(`${path}: burst: needs perSecond`)
  const slots =
    maxConcurrent === undefined
      ? undefined
      : new Slots(
          expectInteger(`${path}: maxConcurrent`, maxConcurrent, 1),
          expectInteger(`${path}: queue`, queue ?? 0, 0),
        )
  const bucket = perSecond === undefined ? undefined : bucketOf(path, { perSecond, burst })
  if (slots === undefined && bucket === undefined && timeoutMs === undefined) return undefined
  return { what, slots, bucket, timeoutMs: timeoutMs ?? Infinity }
}
