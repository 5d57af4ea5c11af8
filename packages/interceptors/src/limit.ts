import { type InterceptedCall, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { abortSourceOf, type AbortSource } from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import { callName } from './call-facts.ts'
import { follow } from './follow.ts'
import type { CallLimits } from './limit-options.ts'
import type { Share } from './share.ts'
import { Slots } from './slots.ts'
import { TokenBucket } from './token-bucket.ts'

/** The state of one set of limits: the places that are taken, and the tokens that are left. */
export class Limit {
  readonly #subject: string | undefined
  readonly #slots: Slots | undefined
  readonly #bucket: TokenBucket | undefined
  /** The time that a handler may take, in milliseconds; `Infinity` if it is not limited. */
  readonly timeoutMs: number

  /**
   * @param limits with numbers in their range: see `expectLimits`
   * @param subject the name of the limited thing, for messages to callers. @default the method of the call: 'Service.method'
   */
  constructor({ maxConcurrent, queue = 0, perSecond, burst, timeoutMs = Infinity }: CallLimits, subject?: string) {
    this.#subject = subject
    if (maxConcurrent !== undefined) this.#slots = new Slots(maxConcurrent, queue)
    if (perSecond !== undefined)
      this.#bucket = new TokenBucket(perSecond, burst ?? Math.max(1, perSecond), performance.now())
    this.timeoutMs = timeoutMs
  }

  /** Whether the number of calls at a time is limited, so that each call needs a place. */
  get hasPlaces(): boolean {
    return this.#slots !== undefined
  }

  /** Whether no call holds a place or waits for one. */
  get idle(): boolean {
    return this.#slots?.idle ?? true
  }

  /**
   * Counts a call towards the rate.
   *
   * @param now in milliseconds, by `performance.now()`
   * @throws RpcError `RESOURCE_EXHAUSTED` beyond the rate
   */
  pay(call: InterceptedCall, now: number): void {
    const waitMs = this.#bucket?.take(now) ?? 0
    if (waitMs === 0) return
    const message = `${this.#name(call)}: too many calls; try again in ${Math.ceil(waitMs)} ms`
    throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, message)
  }

  /** Undoes `pay`, for a call that is refused afterwards. */
  refund(): void {
    this.#bucket?.put()
  }

  /**
   * Takes a place, or waits for one. Returns the argument of `release`, or a promise of it, which rejects if the call does not
   * get a place; `undefined` if the number of places is not limited.
   *
   * @param signal ends the wait
   * @throws RpcError `RESOURCE_EXHAUSTED` if the queue is full
   */
  acquire(call: InterceptedCall, signal: AbortSource): Share | Promise<Share> | undefined {
    // A client shares its places with no other peer: the peers of its calls are producers.
    const peer = call.side === 'server' ? call.peer.id : ''
    return this.#slots?.acquire({ signal, subject: this.#name(call), peer })
  }

  /** Frees the place of a call. */
  release(share: Share | undefined): void {
    if (share !== undefined) this.#slots?.release(share)
  }

  #name(call: InterceptedCall): string {
    return this.#subject ?? callName(call)
  }
}

/** Returns an interceptor that applies one limit to each call. The call holds its place for as long as any part of it runs. */
export function limitCalls(findLimit: (call: InterceptedCall) => Limit): Interceptor {
  return async (call, next) => {
    const limit = findLimit(call)
    limit.pay(call, performance.now())
    if (!limit.hasPlaces) return next(call)
    const acquired = limit.acquire(call, abortSourceOf(call))
    const share = isThenable(acquired) ? await acquired : acquired
    return follow(call, next, { onSettled: () => limit.release(share) })
  }
}
