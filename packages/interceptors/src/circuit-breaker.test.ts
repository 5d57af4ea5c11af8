import { RpcError, StatusCode } from '@aster/rpc-core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  collect,
  deferred,
  fakeCall,
  FakeStream,
  nextOf,
  openStream,
  streamOf,
  unavailable,
  watchedSignal,
} from '../test/fake-call.ts'
import { circuitBreaker, type CircuitBreakerOptions, type CircuitChange } from './circuit-breaker.ts'
import { RollingWindow } from './rolling-window.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const OPEN = /^the circuit of Test\.one is open: /

/** Returns a breaker, a `next` whose outcome can be set, and the transitions. */
function breaker(options: CircuitBreakerOptions = {}) {
  const changes: string[] = []
  const onChange = ({ key, from, to }: CircuitChange): unknown => changes.push(`${key}: ${from} → ${to}`)
  const interceptor = circuitBreaker({ minCalls: 4, openMs: 1_000, ...options, onChange })
  let outcome: unknown = 'response'
  const next = nextOf(async () => {
    if (outcome instanceof Error) throw outcome
    return outcome
  })
  const call = (method: Parameters<typeof fakeCall>[0] = 'one'): Promise<unknown> =>
    interceptor(fakeCall(method), next).catch((error: unknown) => error)
  const calls = async (n: number, result: unknown): Promise<void> => {
    outcome = result
    for (let i = 0; i < n; i++) await call()
  }
  return { interceptor, next, changes, call, calls, will: (result: unknown) => void (outcome = result) }
}

describe('circuitBreaker', () => {
  it('stays closed while calls succeed, and below minCalls', async () => {
    const { calls, next, changes } = breaker()
    await calls(3, unavailable())
    await calls(100, 'response')
    expect(next.calls).toHaveLength(103)
    expect(changes).toEqual([])
  })

  it('opens when enough calls have failed, and refuses calls at once with the reason', async () => {
    const { calls, call, next, changes } = breaker()
    await calls(2, 'response')
    await calls(2, unavailable())
    expect(changes).toEqual(['Test.one: closed → open'])
    vi.advanceTimersByTime(400)
    const refused = await call()
    expect(refused).toBeInstanceOf(RpcError)
    expect(refused).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect((refused as RpcError).message).toBe(
      'the circuit of Test.one is open: 2 of 4 calls failed within 10000 ms; the next attempt is in 600 ms',
    )
    expect(next.calls).toHaveLength(4)
  })

  it('lets one call through after openMs, and closes when it succeeds', async () => {
    const { calls, call, changes, will } = breaker()
    await calls(4, unavailable())
    vi.advanceTimersByTime(1_000)
    will('back')
    expect(await call()).toBe('back')
    expect(changes).toEqual(['Test.one: closed → open', 'Test.one: open → half-open', 'Test.one: half-open → closed'])
    await calls(3, unavailable())
    expect(changes).toHaveLength(3)
  })

  it('opens again when that call fails', async () => {
    const { calls, call, changes } = breaker()
    await calls(4, unavailable())
    vi.advanceTimersByTime(1_000)
    await call()
    expect(changes.at(-1)).toBe('Test.one: half-open → open')
    expect(await call()).toMatchObject({ message: expect.stringMatching(OPEN) })
  })

  it('refuses other calls while the probe runs, but not for longer than openMs', async () => {
    const { calls, call, next, will } = breaker()
    await calls(4, unavailable())
    vi.advanceTimersByTime(1_000)
    will(new Promise(() => {}))
    void call()
    await Promise.resolve()
    expect(await call()).toMatchObject({ message: expect.stringContaining('is under way') })
    expect(next.calls).toHaveLength(5)
    vi.advanceTimersByTime(1_000)
    will('back')
    expect(await call()).toBe('back')
    expect(next.calls).toHaveLength(6)
  })

  it('closes after as many successes as probes', async () => {
    const { calls, changes } = breaker({ probes: 2 })
    await calls(4, unavailable())
    vi.advanceTimersByTime(1_000)
    await calls(1, 'back')
    expect(changes.at(-1)).toBe('Test.one: open → half-open')
    await calls(1, 'back')
    expect(changes.at(-1)).toBe('Test.one: half-open → closed')
  })

  it('lets another call through if the probe is cancelled', async () => {
    const { calls, call, changes, will } = breaker()
    await calls(4, unavailable())
    vi.advanceTimersByTime(1_000)
    await calls(1, new RpcError(StatusCode.CANCELLED, 'changed my mind'))
    will('back')
    expect(await call()).toBe('back')
    expect(changes.at(-1)).toBe('Test.one: half-open → closed')
  })

  it('forgets outcomes from before the window', async () => {
    const { calls, changes } = breaker({ windowMs: 1_000 })
    await calls(3, unavailable())
    vi.advanceTimersByTime(1_100)
    await calls(3, unavailable())
    expect(changes).toEqual([])
    await calls(1, unavailable())
    expect(changes).toHaveLength(1)
  })

  it('counts errors of the caller as successes, and the given codes as failures', async () => {
    const { calls, changes } = breaker()
    await calls(20, new RpcError(StatusCode.NOT_FOUND, 'no'))
    expect(changes).toEqual([])
    const strict = breaker({ codes: [StatusCode.NOT_FOUND] })
    await strict.calls(4, new RpcError(StatusCode.NOT_FOUND, 'no'))
    expect(strict.changes).toHaveLength(1)
  })

  it('ignores calls that began before it opened', async () => {
    const { calls, call, changes, will } = breaker()
    const { promise, reject: fail } = deferred()
    will(promise)
    const old = call()
    await Promise.resolve()
    await calls(4, unavailable())
    vi.advanceTimersByTime(1_000)
    await calls(1, 'back')
    fail(unavailable())
    await old
    expect(changes.at(-1)).toBe('Test.one: half-open → closed')
  })

  it('keeps a circuit for each key, and forgets the one that was used longest ago', async () => {
    const { calls, call, next } = breaker()
    await calls(4, unavailable())
    expect(await call()).toMatchObject({ message: expect.stringMatching(OPEN) })
    expect(await call('again')).toMatchObject({ message: 'gone' })
    const byPeer = breaker({ key: ({ peer }) => peer.id, maxKeys: 1 })
    await byPeer.calls(4, unavailable())
    expect(byPeer.changes).toEqual([': closed → open'])
    await byPeer.interceptor(fakeCall('one', { peer: { id: 'other', attributes: {} } }), nextOf('fine'))
    expect(await byPeer.call()).toMatchObject({ message: 'gone' })
    expect(next.calls).toHaveLength(5)
  })

  it('counts a stream at its first response, or at its end if it has none', async () => {
    const { interceptor, changes } = breaker()
    const run = (...items: unknown[]): Promise<unknown> =>
      interceptor(fakeCall('many'), async () => streamOf(...items))
        .then(collect)
        .catch(() => {})
    for (let i = 0; i < 20; i++) await run(1, unavailable())
    expect(changes).toEqual([])
    for (let i = 0; i < 20; i++) await run(unavailable()).catch(() => {})
    expect(changes).toEqual(['Test.many: closed → open'])
  })

  it('closes a stream that the caller leaves, and removes its listeners', async () => {
    const { signal, listeners } = watchedSignal()
    const stream = new FakeStream()
    const iterator = await openStream(circuitBreaker(), fakeCall('many', { signal }), nextOf(stream))
    await iterator.return?.()
    expect(stream.events).toEqual(['return'])
    expect(listeners()).toBe(0)
  })

  it.each<[CircuitBreakerOptions, string]>([
    [{ failureRate: 0 }, 'circuitBreaker: failureRate'],
    [{ failureRate: 1.1 }, 'circuitBreaker: failureRate'],
    [{ minCalls: 0 }, 'circuitBreaker: minCalls'],
    [{ windowMs: 0 }, 'circuitBreaker: windowMs'],
    [{ openMs: Number.NaN }, 'circuitBreaker: openMs'],
    [{ probes: 1.5 }, 'circuitBreaker: probes'],
    [{ maxKeys: 0 }, 'circuitBreaker: maxKeys'],
  ])('refuses the options %o', (options, message) => expect(() => circuitBreaker(options)).toThrow(message))
})

describe('RollingWindow', () => {
  it('counts the outcomes of the last windowMs, to a tenth', () => {
    const steps = fc.array(fc.record({ after: fc.nat({ max: 700 }), failed: fc.boolean() }))
    fc.assert(
      fc.property(steps, fc.nat({ max: 2_000 }), (all, wait) => {
        const window = new RollingWindow(1_000)
        let now = 5_000
        const events = all.map(({ after, failed }) => {
          now += after
          window.add(now, failed)
          return { at: now, failed }
        })
        now += wait
        const tenth = (time: number): number => Math.floor(time / 100)
        const recent = events.filter(({ at }) => tenth(at) > tenth(now) - 10)
        expect(window.count(now)).toEqual({
          calls: recent.length,
          failures: recent.filter(({ failed }) => failed).length,
        })
        window.clear()
        expect(window.count(now)).toEqual({ calls: 0, failures: 0 })
      }),
    )
  })
})
