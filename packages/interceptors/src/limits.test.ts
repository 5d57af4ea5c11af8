import { StatusCode } from '@aster/rpc-core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred, fakeCall, FakeStream, nextOf, openStream, unavailable, watchedSignal } from '../test/fake-call.ts'
import { concurrencyLimit } from './concurrency-limit.ts'
import { peerLimit, type PeerLimitOptions } from './peer-limit.ts'
import { rateLimit } from './rate-limit.ts'
import { TokenBucket } from './token-bucket.ts'

const FULL = { code: StatusCode.RESOURCE_EXHAUSTED }

/** Starts a call that runs until the test ends it. */
function running() {
  const { promise, resolve: end, reject: fail } = deferred()
  let started = false
  const next = (): Promise<unknown> => {
    started = true
    return promise
  }
  return { next, end, fail, started: () => started }
}

describe('concurrencyLimit', () => {
  it('refuses calls beyond maxConcurrent', async () => {
    const limit = concurrencyLimit({ maxConcurrent: 2 })
    const [one, two] = [running(), running()]
    const first = limit(fakeCall('one'), one.next)
    const second = limit(fakeCall('one'), two.next)
    await expect(limit(fakeCall('one'), nextOf('x'))).rejects.toMatchObject({
      ...FULL,
      message: 'Test.one: 2 calls are in flight',
    })
    one.end('a')
    await expect(first).resolves.toBe('a')
    await expect(limit(fakeCall('one'), nextOf('x'))).resolves.toBe('x')
    two.fail(unavailable())
    await expect(second).rejects.toMatchObject({ message: 'gone' })
    await expect(
      Promise.all([limit(fakeCall('one'), nextOf('x')), limit(fakeCall('one'), nextOf('y'))]),
    ).resolves.toEqual(['x', 'y'])
  })

  it('lets calls wait in a queue, in their order', async () => {
    const limit = concurrencyLimit({ maxConcurrent: 1, queue: 2 })
    const calls = [running(), running(), running()]
    const results = calls.map(({ next }) => limit(fakeCall('one'), next))
    await expect(limit(fakeCall('one'), nextOf('x'))).rejects.toMatchObject({
      ...FULL,
      message: 'Test.one: 1 calls are in flight, and 2 are waiting',
    })
    for (const [i, call] of calls.entries()) {
      await expect.poll(() => calls.map(({ started }) => started())).toEqual(calls.map((_, j) => j <= i))
      call.end(i)
      await expect(results[i]).resolves.toBe(i)
    }
  })

  it('removes a call from the queue when its signal aborts', async () => {
    const { controller, signal, listeners } = watchedSignal()
    const limit = concurrencyLimit({ maxConcurrent: 1, queue: 1 })
    const first = running()
    void limit(fakeCall('one'), first.next)
    const waiting = running()
    const result = limit(fakeCall('one', { signal }), waiting.next)
    controller.abort(unavailable('enough'))
    await expect(result).rejects.toMatchObject({ message: 'enough' })
    expect(waiting.started()).toBe(false)
    expect(listeners()).toBe(0)
    const third = limit(fakeCall('one'), nextOf('third'))
    first.end()
    await expect(third).resolves.toBe('third')
  })

  it('keeps the place of a cancelled call until its handler has ended', async () => {
    const { controller, signal } = watchedSignal()
    const limit = concurrencyLimit({ maxConcurrent: 1 })
    const handler = running()
    const result = limit(fakeCall('one', { signal, side: 'server' }), handler.next)
    await Promise.resolve()
    controller.abort()
    await expect(result).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    await expect(limit(fakeCall('one'), nextOf('x'))).rejects.toMatchObject(FULL)
    handler.end()
    await Promise.resolve()
    await expect(limit(fakeCall('one'), nextOf('x'))).resolves.toBe('x')
  })

  it.each<[string, (stream: FakeStream, iterator: AsyncIterator<unknown>, abort: () => void) => unknown]>([
    ['ends', (stream, iterator) => (void iterator.next(), stream.end())],
    ['fails', (stream, iterator) => (void iterator.next().catch(() => {}), stream.fail(unavailable()))],
    ['is left', (_, iterator) => iterator.return?.()],
    ['is aborted while it is not read', (_, __, abort) => abort()],
    ['is aborted while it is read', (_, iterator, abort) => (void iterator.next().catch(() => {}), abort())],
  ])('holds the place of a stream until it %s', async (_what, finish) => {
    const { controller, signal, listeners } = watchedSignal()
    const limit = concurrencyLimit({ maxConcurrent: 1 })
    const stream = new FakeStream()
    const iterator = await openStream(limit, fakeCall('many', { signal }), nextOf(stream))
    await expect(limit(fakeCall('one'), nextOf('x'))).rejects.toMatchObject(FULL)
    const first = iterator.next()
    stream.give('a')
    await first
    await expect(limit(fakeCall('one'), nextOf('x'))).rejects.toMatchObject(FULL)
    finish(stream, iterator, () => controller.abort())
    await expect.poll(() => limit(fakeCall('one'), nextOf('x')).catch(() => undefined)).toBe('x')
    expect(listeners()).toBe(0)
  })

  it('never runs more than maxConcurrent calls, in any order of calls and ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        fc.scheduler(),
        fc.array(fc.constantFrom('ok', 'fail', 'abort'), { maxLength: 20 }),
        async (max, queue, scheduler, ends) => {
          const limit = concurrencyLimit({ maxConcurrent: max, queue })
          let inFlight = 0
          let most = 0
          const results = ends.map((end) => {
            const { controller, signal } = watchedSignal()
            if (end === 'abort') void scheduler.schedule(Promise.resolve()).then(() => controller.abort())
            return limit(fakeCall('one', { signal }), async () => {
              most = Math.max(most, ++inFlight)
              await scheduler.schedule(Promise.resolve())
              inFlight--
              if (end === 'fail') throw unavailable()
            }).catch(() => {})
          })
          await scheduler.waitFor(Promise.all(results))
          await scheduler.waitIdle()
          expect(most).toBe(Math.min(max, ends.length))
          expect(inFlight).toBe(0)
          const after = Array.from({ length: max }, () => limit(fakeCall('one'), async () => 'x'))
          await expect(Promise.all(after)).resolves.toEqual(after.map(() => 'x'))
        },
      ),
    )
  })

  it.each([
    [{ maxConcurrent: 0 }, 'maxConcurrent'],
    [{ maxConcurrent: 1.5 }, 'maxConcurrent'],
    [{ maxConcurrent: 1, queue: -1 }, 'queue'],
  ])('refuses the options %o', (options, name) => {
    expect(() => concurrencyLimit(options)).toThrow(`concurrencyLimit: ${name}`)
  })
})

describe('rateLimit', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('lets a burst through, then as many calls as there are new tokens', async () => {
    const limit = rateLimit({ perSecond: 10, burst: 3 })
    const call = (): Promise<unknown> => limit(fakeCall('one'), nextOf('x'))
    for (let i = 0; i < 3; i++) await expect(call()).resolves.toBe('x')
    await expect(call()).rejects.toMatchObject({ ...FULL, message: 'Test.one: too many calls; try again in 100 ms' })
    vi.advanceTimersByTime(100)
    await expect(call()).resolves.toBe('x')
    await expect(call()).rejects.toMatchObject(FULL)
    vi.advanceTimersByTime(60_000)
    for (let i = 0; i < 3; i++) await expect(call()).resolves.toBe('x')
    await expect(call()).rejects.toMatchObject(FULL)
  })

  it('has a burst of perSecond, at least 1', async () => {
    const slow = rateLimit({ perSecond: 0.5 })
    await expect(slow(fakeCall('one'), nextOf('x'))).resolves.toBe('x')
    await expect(slow(fakeCall('one'), nextOf('x'))).rejects.toMatchObject({
      message: expect.stringContaining('2000 ms'),
    })
    const bucket = new TokenBucket(5, 5, 0)
    expect(Array.from({ length: 6 }, () => bucket.take(0))).toEqual([0, 0, 0, 0, 0, 200])
  })

  it('never lets more calls through than burst and rate allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat({ max: 50 }), { maxLength: 200 }),
        (perSecond, burst, gaps) => {
          const bucket = new TokenBucket(perSecond, burst, 0)
          let now = 0
          let through = 0
          for (const gap of gaps) {
            now += gap
            if (bucket.take(now) === 0) through++
            expect(through).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1e-6)
          }
        },
      ),
    )
  })

  it.each([
    [{ perSecond: 0 }, 'perSecond'],
    [{ perSecond: Infinity }, 'perSecond'],
    [{ perSecond: 1, burst: 0.5 }, 'burst'],
  ])('refuses the options %o', (options, name) => {
    expect(() => rateLimit(options)).toThrow(`rateLimit: ${name}`)
  })
})

it.each<[string, () => unknown, string]>([
  ['concurrencyLimit', () => concurrencyLimit({} as never), 'expected maxConcurrent'],
  ['concurrencyLimit', () => concurrencyLimit({ max: 5 } as never), 'expected maxConcurrent, queue, found max'],
  ['rateLimit', () => rateLimit({} as never), 'expected perSecond'],
  ['rateLimit', () => rateLimit({ perSecond: 5, queue: 1 } as never), 'expected perSecond, burst, found queue'],
  ['peerLimit', () => peerLimit({ queue: 5 }), 'queue: needs maxConcurrent'],
  ['peerLimit', () => peerLimit({ maxConcurrent: 5, burst: 5 }), 'burst: needs perSecond'],
  [
    'peerLimit',
    () => peerLimit({ perSecond: 5, timeoutMs: 5 } as never),
    'expected maxConcurrent, queue, perSecond, burst, maxPeers, found timeoutMs',
  ],
])('%s refuses options that limit nothing, and unknown options (%#)', (name, make, message) => {
  expect(make).toThrow(`${name}: ${message}`)
})

describe('peerLimit', () => {
  const from = (id: string) => fakeCall('one', { side: 'server', peer: { id, attributes: {} } })

  it('limits each peer on its own', async () => {
    const limit = peerLimit({ maxConcurrent: 1 })
    const [a, b] = [running(), running()]
    const first = limit(from('a'), a.next)
    await expect(limit(from('a'), nextOf('x'))).rejects.toMatchObject({
      ...FULL,
      message: 'this peer: 1 calls are in flight',
    })
    const second = limit(from('b'), b.next)
    a.end('a')
    b.end('b')
    await expect(Promise.all([first, second])).resolves.toEqual(['a', 'b'])
    await expect(limit(from('a'), nextOf('x'))).resolves.toBe('x')
  })

  it('limits the rate of each peer', async () => {
    const limit = peerLimit({ perSecond: 0.001, burst: 1 })
    await expect(limit(from('a'), nextOf('x'))).resolves.toBe('x')
    await expect(limit(from('a'), nextOf('x'))).rejects.toMatchObject({
      ...FULL,
      message: expect.stringContaining('this peer: too many calls'),
    })
    await expect(limit(from('b'), nextOf('x'))).resolves.toBe('x')
  })

  it('holds the place of a stream', async () => {
    const limit = peerLimit({ maxConcurrent: 1, queue: 1 })
    const stream = new FakeStream()
    const iterator = await openStream(limit, { ...from('a'), method: fakeCall('many').method }, nextOf(stream))
    const waiting = limit(from('a'), nextOf('x'))
    await expect(limit(from('a'), nextOf('x'))).rejects.toMatchObject(FULL)
    await iterator.return?.()
    await expect(waiting).resolves.toBe('x')
  })

  it('remembers no more than maxPeers, and never forgets one with calls in flight', async () => {
    const limit = peerLimit({ maxConcurrent: 1, perSecond: 0.001, burst: 5, maxPeers: 2 })
    const a = running()
    const first = limit(from('a'), a.next)
    await limit(from('b'), nextOf('x'))
    await limit(from('c'), nextOf('x'))
    await expect(limit(from('a'), nextOf('x'))).rejects.toMatchObject({ message: 'this peer: 1 calls are in flight' })
    const c = running()
    const second = limit(from('c'), c.next)
    await expect(limit(from('d'), nextOf('x'))).rejects.toMatchObject({
      ...FULL,
      message: '2 peers have calls in flight',
    })
    a.end()
    c.end()
    await Promise.all([first, second])
    await expect(limit(from('d'), nextOf('x'))).resolves.toBe('x')
  })

  it.each<[PeerLimitOptions, string]>([
    [{}, 'peerLimit: expected maxConcurrent or perSecond'],
    [{ maxConcurrent: 0 }, 'peerLimit: maxConcurrent'],
    [{ maxConcurrent: 1, queue: 0.5 }, 'peerLimit: queue'],
    [{ perSecond: -1 }, 'peerLimit: perSecond'],
    [{ perSecond: 1, maxPeers: 0 }, 'peerLimit: maxPeers'],
  ])('refuses the options %o', (options, message) => expect(() => peerLimit(options)).toThrow(message))
})
