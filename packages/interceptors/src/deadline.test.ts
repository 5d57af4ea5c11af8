import { StatusCode } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fakeCall, FakeStream, nextOf, openStream, watchedSignal } from '../test/fake-call.ts'
import { deadline } from './deadline.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const forever = (): Promise<never> => new Promise(() => {})

it('sets the deadline of calls without one, and keeps those of others', async () => {
  const next = nextOf('x')
  await deadline({ defaultMs: 500 })(fakeCall('one'), next)
  await deadline({ defaultMs: 500 })(fakeCall('one', { deadline: 2_000_000 }), next)
  expect(next.calls.map((call) => call.deadline)).toEqual([1_000_500, 2_000_000])
})

it('shortens deadlines beyond maxMs, and sets maxMs for calls without one', async () => {
  const next = nextOf('x')
  const interceptor = deadline({ maxMs: 500 })
  await interceptor(fakeCall('one'), next)
  await interceptor(fakeCall('one', { deadline: 2_000_000 }), next)
  await interceptor(fakeCall('one', { deadline: 1_000_100 }), next)
  await deadline({ defaultMs: 2_000, maxMs: 500 })(fakeCall('one'), next)
  expect(next.calls.map((call) => call.deadline)).toEqual([1_000_500, 1_000_500, 1_000_100, 1_000_500])
})

it('ends a call at its deadline, and aborts the signal of the handler', async () => {
  const { signal, listeners } = watchedSignal()
  const next = nextOf(forever)
  const result = deadline({ defaultMs: 500 })(fakeCall('one', { signal }), next)
  const checked = expect(result).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  await vi.advanceTimersByTimeAsync(500)
  await checked
  expect(next.calls[0]?.signal.reason).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  expect(listeners()).toBe(0)
})

it('covers a stream to its end', async () => {
  const { signal, listeners } = watchedSignal()
  const stream = new FakeStream()
  const iterator = await openStream(
    deadline({ maxMs: 500 }),
    fakeCall('many', { signal, side: 'server' }),
    nextOf(stream),
  )
  const first = iterator.next()
  stream.give('a')
  await first
  await vi.advanceTimersByTimeAsync(499)
  const second = iterator.next()
  const checked = expect(second).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  await vi.advanceTimersByTimeAsync(1)
  await checked
  await stream.left
  expect(listeners()).toBe(0)
})

it('fails the requests of a handler, so that it cannot take them for complete', async () => {
  const requests = { [Symbol.asyncIterator]: () => ({ next: forever }) }
  const next = nextOf(async ({ request }: { request: AsyncIterable<unknown> }) => {
    for await (const _ of request) continue
  })
  const result = deadline({ maxMs: 500 })(fakeCall('upload', { side: 'server', request: requests }), next)
  const checked = expect(result).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  await vi.advanceTimersByTimeAsync(500)
  await checked
  const inside = next.calls[0]?.request as AsyncIterable<unknown>
  await expect(inside[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
})

it('leaves no timer and no listener after a call that ends in time', async () => {
  const { signal, listeners } = watchedSignal()
  await deadline({ defaultMs: 500 })(fakeCall('one', { signal }), nextOf('x'))
  const stream = new FakeStream()
  const iterator = await openStream(deadline({ defaultMs: 500 }), fakeCall('many', { signal }), nextOf(stream))
  await iterator.return?.()
  expect(listeners()).toBe(0)
})

it.each([[{}], [{ defaultMs: 0 }], [{ maxMs: -1 }], [{ maxMs: Number.NaN }], [{ defaultMs: Infinity }]])(
  'refuses the options %o',
  (options) => {
    expect(() => deadline(options)).toThrow(/^deadline: /)
  },
)
