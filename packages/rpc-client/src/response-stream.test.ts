import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { callOf, collect, turns } from '../test/scripted-wire.ts'
import { Call } from './call.ts'
import { CallResponses } from './response-stream.ts'

const { service, method } = callOf('serverStream')

/** Returns the responses of a call that `send` answers and whose deadline is far away. */
function responsesOf(send: (call: InterceptedCall) => Promise<unknown>): CallResponses<unknown> {
  const plan = { service, method, peerId: '', send, isIntercepted: false, timeoutMs: undefined, logger: undefined }
  return new CallResponses(() => new Call(plan, {}, { timeoutMs: 60_000 }))
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}

/** Responses that arrive when the test pushes them. */
class Source implements AsyncIterableIterator<number> {
  readonly log: string[] = []
  readonly waiting: ((step: IteratorResult<number, undefined> | Error) => void)[] = []

  next(): Promise<IteratorResult<number, undefined>> {
    this.log.push('next')
    return new Promise((resolve, reject) =>
      this.waiting.push((step) => (step instanceof Error ? reject(step) : resolve(step))),
    )
  }

  async return(): Promise<IteratorResult<number, undefined>> {
    this.log.push('return')
    for (const settle of this.waiting.splice(0)) settle(new RpcError(StatusCode.CANCELLED, 'left'))
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

describe('the responses of a call', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
  afterEach(() => void vi.useRealTimers())

  it('start it with the first next, once', async () => {
    const send = vi.fn(async () => numbers(2))
    const responses = responsesOf(send)
    expect(send).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
    expect(await responses.next()).toEqual({ done: false, value: 0 })
    expect(await responses.next()).toEqual({ done: false, value: 1 })
    expect(vi.getTimerCount()).toBe(1)
    expect(await responses.next()).toEqual({ done: true, value: undefined })
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('may be started before they are asked for', async () => {
    const send = vi.fn(async () => numbers(1))
    const responses = responsesOf(send)
    await responses.start()
    expect(send).toHaveBeenCalledTimes(1)
    expect(await collect(responses)).toEqual([0])
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('go to several callers of next in order, one at a time', async () => {
    const source = new Source()
    const responses = responsesOf(async () => source)
    const steps = Promise.all([responses.next(), responses.next(), responses.next()])
    for (const step of [{ value: 0 }, { value: 1 }, { done: true, value: undefined }]) {
      await turns()
      expect(source.waiting).toHaveLength(1)
      source.waiting.shift()?.(step as IteratorResult<number, undefined>)
    }
    expect(await steps).toEqual([{ value: 0 }, { value: 1 }, { done: true, value: undefined }])
  })

  it('may be an array, from an interceptor', async () => {
    expect(await collect(responsesOf(async () => [5, 6]))).toEqual([5, 6])
  })

  it.each<[string, () => Promise<unknown>]>([
    ['they end', async () => numbers(0)],
    [
      'they fail',
      async () =>
        // oxlint-disable-next-line require-yield -- it fails before its first item
        (async function* () {
          throw new Error('boom')
        })(),
    ],
    ['it does not start', () => Promise.reject(new Error('boom'))],
    ['it has none', async () => 5],
  ])('clean up after the call when %s', async (_when, send) => {
    const responses = responsesOf(send)
    const error = await responses.next().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(vi.getTimerCount()).toBe(0)
    if (error !== undefined) expect(error).toBeInstanceOf(RpcError)
  })

  it('reject every next with the error that kept the call from starting', async () => {
    const boom = new RpcError(StatusCode.ABORTED, 'boom')
    const send = vi.fn(() => Promise.reject(boom))
    const responses = responsesOf(send)
    const all = await Promise.allSettled([responses.next(), responses.next()])
    expect(all).toEqual([
      { status: 'rejected', reason: boom },
      { status: 'rejected', reason: boom },
    ])
    await expect(responses.next()).rejects.toBe(boom)
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('reject next when the call cannot be made', async () => {
    const responses = new CallResponses(() => {
      throw new RpcError(StatusCode.INVALID_ARGUMENT, 'no')
    })
    await expect(responses.next()).rejects.toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
    await expect(responses.next()).rejects.toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
  })

  it('start no call when they are left before', async () => {
    const send = vi.fn(async () => numbers(1))
    const responses = responsesOf(send)
    await responses.return()
    expect(await responses.next()).toEqual({ done: true, value: undefined })
    expect(send).not.toHaveBeenCalled()
  })

  it('end the call when they are left while they wait', async () => {
    const source = new Source()
    const responses = responsesOf(async () => source)
    const [first, second] = [responses.next(), responses.next()]
    const failed = expect(first).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    await turns()
    expect(await responses.return()).toEqual({ done: true, value: undefined })
    await failed
    expect(await second).toEqual({ done: true, value: undefined })
    await responses.return()
    expect(source.log).toEqual(['next', 'return'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('end a call that is still starting once it has started, without a wait for that', async () => {
    let started = (_source: Source): void => {}
    const source = new Source()
    const responses = responsesOf(() => new Promise((resolve) => (started = resolve)))
    const first = responses.next().catch(() => {})
    await expect(responses.throw(new Error('enough'))).rejects.toThrow('enough')
    started(source)
    await turns()
    expect(source.log).toContain('return')
    await first
    expect(vi.getTimerCount()).toBe(0)
  })

  it('are aborted with an error of the caller', async () => {
    const gone = new RpcError(StatusCode.CANCELLED, 'gone')
    const responses = responsesOf(
      ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const starting = expect(responses.start()).rejects.toBe(gone)
    responses.abort(gone)
    await starting
    expect(vi.getTimerCount()).toBe(0)
  })
})
