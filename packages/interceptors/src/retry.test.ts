import { type InterceptedCall, markUnsent, RpcError, StatusCode } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  collect,
  fakeCall,
  FakeStream,
  nextOf,
  openStream,
  streamOf,
  unavailable,
  watchedSignal,
} from '../test/fake-call.ts'
import type { Retry, RetryOptions } from './attempts.ts'
import { retry } from './retry.ts'
import { RetryBudget } from './retry-budget.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Runs a call to its end, waits included. */
async function settle(result: Promise<unknown>): Promise<unknown> {
  const settled = result.then(
    (value) => value,
    (error: unknown) => error,
  )
  await vi.runAllTimersAsync()
  return settled
}
const now = { baseDelayMs: 0 }
const failing = (code: StatusCode): RpcError => new RpcError(code, 'failed')

describe('retry of a unary call', () => {
  it('repeats a call of an idempotent method', async () => {
    const next = nextOf(unavailable(), unavailable(), 'response')
    expect(await settle(retry()(fakeCall('again'), next))).toBe('response')
    expect(next.calls).toHaveLength(3)
  })

  it('ends after maxAttempts with the last error', async () => {
    const last = unavailable('last')
    const next = nextOf(unavailable(), last, 'never')
    expect(await settle(retry({ maxAttempts: 2 })(fakeCall('again'), next))).toBe(last)
    expect(next.calls).toHaveLength(2)
  })

  it('repeats a call of another method only if nothing was sent', async () => {
    const sent = nextOf(unavailable(), 'response')
    expect(await settle(retry()(fakeCall('one'), sent))).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(sent.calls).toHaveLength(1)
    const unsent = nextOf(markUnsent(unavailable()), markUnsent(unavailable()), unavailable(), 'never')
    expect(await settle(retry({ maxAttempts: 9 })(fakeCall('one'), unsent))).toMatchObject({
      code: StatusCode.UNAVAILABLE,
    })
    expect(unsent.calls).toHaveLength(3)
  })

  it.each(Object.values(StatusCode).filter((code) => code !== StatusCode.OK && code !== StatusCode.UNAVAILABLE))(
    'does not retry code %i by default',
    async (code) => {
      const next = nextOf(markUnsent(failing(code)), 'response')
      await settle(retry(now)(fakeCall('again'), next))
      expect(next.calls).toHaveLength(1)
    },
  )

  it('retries the given codes', async () => {
    const next = nextOf(failing(StatusCode.ABORTED), 'response')
    expect(await settle(retry({ codes: [StatusCode.ABORTED] })(fakeCall('again'), next))).toBe('response')
  })

  it('passes a copy of the call to each attempt', async () => {
    const metadata: InterceptedCall['metadata'][] = []
    const next = async (call: InterceptedCall): Promise<unknown> => {
      metadata.push({ ...call.metadata })
      call.metadata['mark'] = 'x'
      if (metadata.length < 3) throw unavailable()
      return 'response'
    }
    const call = fakeCall('again', { metadata: { k: 'v' } })
    expect(await settle(retry(now)(call, next))).toBe('response')
    expect(metadata).toEqual([{ k: 'v' }, { k: 'v' }, { k: 'v' }])
    expect(call.metadata).toEqual({ k: 'v' })
  })

  it('waits a random part of a time that doubles, up to maxDelayMs', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const retries: Retry[] = []
    const options: RetryOptions = {
      maxAttempts: 6,
      baseDelayMs: 100,
      maxDelayMs: 500,
      onRetry: (one) => retries.push(one),
    }
    await settle(retry(options)(fakeCall('again'), nextOf(unavailable())))
    expect(retries.map(({ attempt, delayMs }) => [attempt, delayMs])).toEqual([
      [1, 50],
      [2, 100],
      [3, 200],
      [4, 250],
      [5, 250],
    ])
    expect(Date.now()).toBe(1_000_850)
  })

  it('does not wait past the deadline', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const next = nextOf(unavailable(), 'response')
    await settle(retry({ baseDelayMs: 100 })(fakeCall('again', { deadline: 1_000_050 }), next))
    expect(next.calls).toHaveLength(1)
    expect(Date.now()).toBe(1_000_000)
    await settle(retry({ baseDelayMs: 100 })(fakeCall('again', { deadline: 1_000_051 }), next))
    expect(next.calls).toHaveLength(2)
  })

  it('stops waiting when the signal aborts, and leaves no timer and no listener', async () => {
    const { controller, signal, listeners } = watchedSignal()
    const next = nextOf(unavailable(), 'response')
    const result = retry({ baseDelayMs: 60_000 })(fakeCall('again', { signal }), next)
    const checked = expect(result).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    await vi.advanceTimersByTimeAsync(0)
    controller.abort()
    await checked
    expect(next.calls).toHaveLength(1)
    expect(listeners()).toBe(0)
  })

  it('does not retry once the signal has aborted', async () => {
    const { controller, signal } = watchedSignal()
    const next = nextOf(async () => {
      controller.abort()
      throw unavailable()
    })
    await settle(retry(now)(fakeCall('again', { signal }), next))
    expect(next.calls).toHaveLength(1)
  })

  it('passes an error on as it is if it is no RpcError', async () => {
    const error = new Error('odd')
    expect(await settle(retry(now)(fakeCall('again'), nextOf(error)))).toBe(error)
  })

  it('stops while the budget is empty, which later calls refill', async () => {
    const budget = new RetryBudget({ capacity: 2, ratio: 0.5 })
    const interceptor = retry({ ...now, maxAttempts: 9, budget })
    const next = nextOf(unavailable())
    await settle(interceptor(fakeCall('again'), next))
    expect(next.calls).toHaveLength(3)
    await settle(interceptor(fakeCall('again'), next))
    expect(next.calls).toHaveLength(4)
    await settle(interceptor(fakeCall('again'), next))
    expect(next.calls).toHaveLength(6)
    expect(budget.tokens).toBe(0)
  })

  it('is refused on servers', async () => {
    await expect(retry()(fakeCall('again', { side: 'server' }), nextOf('x'))).rejects.toMatchObject({
      code: StatusCode.FAILED_PRECONDITION,
    })
  })
})

describe('retry of streams', () => {
  it('repeats a server stream before its first response', async () => {
    const next = nextOf(
      unavailable(),
      () => streamOf(unavailable()),
      () => streamOf(1, 2),
    )
    const stream = retry({ ...now, maxAttempts: 5 })(fakeCall('manyAgain'), next)
    expect(await settle(stream.then(collect))).toEqual([1, 2])
    expect(next.calls).toHaveLength(3)
  })

  it('does not repeat a server stream after its first response', async () => {
    const next = nextOf(
      () => streamOf(1, unavailable('in the middle')),
      () => streamOf(1, 2),
    )
    const stream = retry(now)(fakeCall('manyAgain'), next)
    expect(await settle(stream.then(collect))).toMatchObject({ message: 'in the middle' })
    expect(next.calls).toHaveLength(1)
  })

  it('counts an empty stream as a success', async () => {
    const next = nextOf(() => streamOf())
    expect(await settle(retry(now)(fakeCall('manyAgain'), next).then(collect))).toEqual([])
    expect(next.calls).toHaveLength(1)
  })

  it('does not repeat a method that is not idempotent', async () => {
    const next = nextOf(() => streamOf(unavailable()))
    expect(await settle(retry(now)(fakeCall('many'), next).then(collect))).toMatchObject({
      code: StatusCode.UNAVAILABLE,
    })
    expect(next.calls).toHaveLength(1)
  })

  it('never repeats a call with a stream of requests', async () => {
    for (const method of ['upload', 'chat'] as const) {
      const next = nextOf(markUnsent(unavailable()), 'response')
      await settle(retry(now)(fakeCall(method), next))
      expect(next.calls).toHaveLength(1)
    }
  })

  it('leaves the stream when the caller does', async () => {
    const { signal, listeners } = watchedSignal()
    const stream = new FakeStream()
    const next = nextOf(stream)
    const iterator = await openStream(retry(now), fakeCall('manyAgain', { signal }), next)
    const first = iterator.next()
    await vi.advanceTimersByTimeAsync(0)
    stream.give('a')
    await expect(first).resolves.toEqual({ done: false, value: 'a' })
    await iterator.return?.()
    expect(stream.events).toEqual(['next', 'return'])
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined })
    expect(listeners()).toBe(0)
  })

  it('ends an attempt that waits for its first response when the caller leaves', async () => {
    const { signal, listeners } = watchedSignal()
    const stream = new FakeStream()
    const next = nextOf(stream)
    const iterator = await openStream(retry(now), fakeCall('manyAgain', { signal }), next)
    const first = iterator.next()
    await vi.advanceTimersByTimeAsync(0)
    await iterator.return?.()
    expect(stream.events).toEqual(['next', 'return'])
    expect(next.calls[0]?.signal.aborted).toBe(true)
    await expect(first).resolves.toEqual({ done: true, value: undefined })
    expect(listeners()).toBe(0)
  })

  it('stops between two attempts when the caller leaves', async () => {
    const { signal, listeners } = watchedSignal()
    const next = nextOf(unavailable(), () => streamOf(1))
    const iterator = await openStream(retry({ baseDelayMs: 60_000 }), fakeCall('manyAgain', { signal }), next)
    const first = iterator.next()
    const checked = expect(first).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    await vi.advanceTimersByTimeAsync(0)
    await iterator.return?.()
    await checked
    expect(next.calls).toHaveLength(1)
    expect(listeners()).toBe(0)
  })

  it('aborts an attempt with the reason of the signal', async () => {
    const { controller, signal, listeners } = watchedSignal()
    const next = nextOf(
      ({ signal: inner }: InterceptedCall) =>
        new Promise((_, reject) => inner.addEventListener('abort', () => reject(inner.reason as Error))),
    )
    const iterator = await openStream(retry(now), fakeCall('manyAgain', { signal }), next)
    const first = iterator.next()
    const reason = failing(StatusCode.DEADLINE_EXCEEDED)
    controller.abort(reason)
    await expect(first).rejects.toBe(reason)
    expect(listeners()).toBe(0)
  })
})

it.each<[RetryOptions, string]>([
  [{ maxAttempts: 0 }, 'retry: maxAttempts'],
  [{ baseDelayMs: -1 }, 'retry: baseDelayMs'],
  [{ maxDelayMs: Infinity }, 'retry: maxDelayMs'],
  [{ codes: [StatusCode.CANCELLED] }, 'retry: codes: CANCELLED is never retried'],
  [
    { codes: [StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED] },
    'retry: codes: DEADLINE_EXCEEDED is never retried',
  ],
])('refuses the options %o', (options, message) => {
  expect(() => retry(options)).toThrow(message)
})

it('refuses a RetryBudget with options out of range', () => {
  expect(() => new RetryBudget({ capacity: 0 })).toThrow('RetryBudget: capacity')
  expect(() => new RetryBudget({ ratio: -0.1 })).toThrow('RetryBudget: ratio')
})
