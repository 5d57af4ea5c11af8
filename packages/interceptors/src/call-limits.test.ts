import { AsterError, type InterceptedCall, StatusCode } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred, fakeCall, FakeStream, nextOf, unavailable, watchedSignal } from '../test/fake-call.ts'
import { callLimits } from './call-limits.ts'
import type { ServerLimits } from './limit-options.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }))
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Waits until everything that needs no help of the test is done. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const FULL = { code: StatusCode.RESOURCE_EXHAUSTED }
const LATE = { code: StatusCode.DEADLINE_EXCEEDED }

type Method = Parameters<typeof fakeCall>[0]

/** A method for each of the four kinds. */
const KINDS: readonly Method[] = ['one', 'many', 'upload', 'chat']
/** One call at a time, on each level. */
const LEVELS: Readonly<Record<string, ServerLimits>> = {
  'this server': { maxConcurrent: 1 },
  'service Test': { services: { Test: { maxConcurrent: 1 } } },
  'this peer': { perPeer: { maxConcurrent: 1 } },
}

/** Returns a call as a server receives it. */
const served = (method: Method, changes: Partial<InterceptedCall> = {}): InterceptedCall =>
  fakeCall(method, { side: 'server', peer: { id: 'peer', attributes: {} }, ...changes })

/** A handler of any kind, and the progress of its call. */
function handled(limit: ReturnType<typeof callLimits>, method: Method, changes: Partial<InterceptedCall> = {}) {
  const single = deferred()
  const stream = new FakeStream()
  const isStream = method === 'many' || method === 'chat'
  const inside: InterceptedCall[] = []
  const result = limit(served(method, changes), (call) => {
    inside.push(call)
    return isStream ? Promise.resolve(stream) : single.promise
  })
  const outcome = isStream
    ? result.then((responses) => (responses as AsyncIterable<unknown>)[Symbol.asyncIterator]().next())
    : result
  outcome.catch(() => {})
  return {
    outcome,
    inside,
    /** Lets the handler return. */
    end: () => (isStream ? stream.end() : single.resolve()),
    fail: () => (isStream ? stream.fail(unavailable()) : single.reject(unavailable())),
    async started() {
      await quiet()
      expect(inside).toHaveLength(1)
    },
  }
}

async function isFree(limit: ReturnType<typeof callLimits>): Promise<void> {
  await quiet()
  await expect(limit(served('again'), nextOf('free'))).resolves.toBe('free')
}

describe.each(KINDS)('a call of the kind %s', (method) => {
  describe.each([...Object.entries(LEVELS), [`Test.${method}`, undefined] as const])(
    'in a place of %s',
    (what, level) => {
      const limits = level ?? { services: { Test: { methods: { [method]: { maxConcurrent: 1 } } } } }
      const other: Method = level === undefined ? method : 'again'

      it.each(['end', 'fail'] as const)('holds it until the handler %ss', async (how) => {
        const limit = callLimits(limits)
        const call = handled(limit, method)
        await call.started()
        await expect(limit(served(other), nextOf('x'))).rejects.toMatchObject({
          ...FULL,
          message: `${what}: 1 calls are in flight`,
        })
        call[how]()
        await call.outcome.catch(() => {})
        const next = handled(limit, other)
        await next.started()
        next.end()
        await next.outcome
      })
    },
  )

  it('that is cancelled keeps its place until the handler has ended', async () => {
    const { controller, signal, listeners } = watchedSignal()
    const limit = callLimits({ maxConcurrent: 1 })
    const call = handled(limit, method, { signal })
    await call.started()
    const single = method === 'one' || method === 'upload'
    controller.abort(unavailable('enough'))
    await expect(call.outcome).rejects.toMatchObject({ message: 'enough' })
    // Ends a stream by leaving it.
    if (single) await expect(limit(served('again'), nextOf('x'))).rejects.toMatchObject(FULL)
    call.end()
    await isFree(limit)
    expect(listeners()).toBe(0)
  })

  it('ends at the tightest of its time limits, and aborts its handler', async () => {
    const limit = callLimits({
      timeoutMs: 5_000,
      maxConcurrent: 1,
      services: { Test: { timeoutMs: 3_000, methods: { [method]: { timeoutMs: 1_000 } } } },
    })
    const call = handled(limit, method, { deadline: Date.now() + 60_000 })
    await call.started()
    expect(call.inside[0]?.deadline).toBe(Date.now() + 1_000)
    vi.advanceTimersByTime(999)
    expect(call.inside[0]?.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    await expect(call.outcome).rejects.toMatchObject(LATE)
    expect(call.inside[0]?.signal.reason).toMatchObject(LATE)
    call.end()
    await isFree(limit)
  })

  it('takes one token of each rate', async () => {
    const perSecond = 0.001
    const limit = callLimits({
      perSecond,
      burst: 3,
      services: { Test: { perSecond, burst: 2, methods: { [method]: { perSecond, burst: 1 } } } },
    })
    const first = handled(limit, method)
    first.end()
    const what = await handled(limit, method).outcome.catch((error: unknown) => error)
    expect(what).toMatchObject({ ...FULL, message: expect.stringMatching(`^Test\\.${method}: too many calls`) })
    await expect(limit(served('again'), nextOf('x'))).resolves.toBe('x')
    await expect(limit(served('again'), nextOf('x'))).rejects.toMatchObject({
      message: expect.stringContaining('service Test: too many calls'),
    })
  })
})

describe('callLimits', () => {
  it('lets calls wait for a place in their order while their deadlines run', async () => {
    const limit = callLimits({ maxConcurrent: 1, queue: 2 })
    const first = handled(limit, 'one')
    const { controller, signal, listeners } = watchedSignal()
    const second = handled(limit, 'one', { signal })
    const third = handled(limit, 'one')
    await expect(limit(served('one'), nextOf('x'))).rejects.toMatchObject({
      message: 'this server: 1 calls are in flight, and 2 are waiting',
    })
    controller.abort(unavailable('late'))
    await expect(second.outcome).rejects.toMatchObject({ message: 'late' })
    expect([second.inside.length, listeners()]).toEqual([0, 0])
    first.end()
    await third.started()
    third.end()
    await third.outcome
    await isFree(limit)
  })

  it('does not count the wait for a place as part of timeoutMs', async () => {
    const limit = callLimits({
      maxConcurrent: 1,
      queue: 1,
      services: { Test: { methods: { again: { timeoutMs: 1_000 } } } },
    })
    const first = handled(limit, 'one')
    await first.started()
    const second = handled(limit, 'again')
    vi.advanceTimersByTime(5_000)
    first.end()
    await second.started()
    expect(second.inside[0]?.deadline).toBe(Date.now() + 1_000)
    second.end()
    await second.outcome
  })

  it('holds no place of the server while a call waits for a place of its method', async () => {
    const limit = callLimits({
      maxConcurrent: 2,
      services: { Test: { methods: { one: { maxConcurrent: 1, queue: 5 } } } },
    })
    const first = handled(limit, 'one')
    await first.started()
    const waiting = handled(limit, 'one')
    await expect(limit(served('again'), nextOf('x'))).resolves.toBe('x')
    first.end()
    await waiting.started()
    waiting.end()
    await waiting.outcome
    await isFree(limit)
  })

  it('returns the places and tokens of a call that is refused', async () => {
    const methods = { one: { maxConcurrent: 1 } }
    const perPeer = { maxConcurrent: 2, perSecond: 0.001, burst: 2 }
    const limit = callLimits({ perSecond: 0.001, burst: 2, maxConcurrent: 2, perPeer, services: { Test: { methods } } })
    const first = handled(limit, 'one')
    await first.started()
    for (let i = 0; i < 5; i++)
      await expect(limit(served('one'), nextOf('x'))).rejects.toMatchObject({
        message: 'Test.one: 1 calls are in flight',
      })
    await expect(limit(served('again'), nextOf('x'))).resolves.toBe('x')
    await expect(limit(served('again'), nextOf('x'))).rejects.toMatchObject({
      message: expect.stringContaining('too many calls'),
    })
    first.end()
    await first.outcome
  })

  it('limits each peer on its own', async () => {
    const limit = callLimits({ perPeer: { maxConcurrent: 1 } })
    const first = handled(limit, 'one')
    await first.started()
    await expect(limit(served('one', { peer: { id: 'other', attributes: {} } }), nextOf('x'))).resolves.toBe('x')
    await expect(limit(served('one'), nextOf('x'))).rejects.toMatchObject(FULL)
    first.end()
    await first.outcome
  })

  it('does not touch calls without a limit', async () => {
    const limit = callLimits({
      services: { Other: { maxConcurrent: 1 }, Test: { methods: { one: { maxConcurrent: 1 } } } },
    })
    const call = served('again')
    const next = nextOf('x')
    await limit(call, next)
    expect(next.calls).toEqual([call])
    expect(next.calls[0]).toBe(call)
  })

  it('keeps a deadline that is earlier than timeoutMs', async () => {
    const limit = callLimits({ timeoutMs: 1_000 })
    const call = served('one', { deadline: Date.now() + 10 })
    const next = nextOf('x')
    await limit(call, next)
    expect(next.calls[0]).toBe(call)
  })

  it.each<[unknown, string]>([
    [{ maxConcurrent: 0 }, 'limits: maxConcurrent: expected an integer from 1, found 0'],
    [{ maxConcurrent: '5' }, 'limits: maxConcurrent: expected an integer from 1, found a string'],
    [{ maxConcurrent: 1, queue: -1 }, 'limits: queue: expected an integer from 0, found -1'],
    [{ queue: 5 }, 'limits: queue: needs maxConcurrent'],
    [{ perSecond: 0 }, 'limits: perSecond: expected a number above 0, found 0'],
    [{ perSecond: 1, burst: 0.5 }, 'limits: burst: expected a number from 1, found 0.5'],
    [{ burst: 5 }, 'limits: burst: needs perSecond'],
    [{ timeoutMs: Number.NaN }, 'limits: timeoutMs: expected a number above 0, found NaN'],
    [
      { maxConcurent: 5 },
      'limits: expected maxConcurrent, queue, perSecond, burst, timeoutMs, services, perPeer, found maxConcurent',
    ],
    [{ services: [] }, 'limits.services: expected an object of limits, found a list'],
    [{ services: { A: 5 } }, 'limits.services.A: expected an object of limits, found the integer 5'],
    [{ services: { A: { timeoutMs: -1 } } }, 'limits.services.A: timeoutMs: expected a number above 0, found -1'],
    [{ services: { A: { methods: null } } }, 'limits.services.A.methods: expected an object of limits, found null'],
    [{ services: { A: { methods: { b: { perSecond: -1 } } } } }, 'limits.services.A.methods.b: perSecond: expected'],
    [{ services: { A: { methods: { b: { methods: {} } } } } }, 'limits.services.A.methods.b: expected maxConcurrent'],
    [{ perPeer: { maxConcurrent: 0 } }, 'limits.perPeer: maxConcurrent: expected an integer from 1, found 0'],
    [{ perPeer: { queue: 1 } }, 'limits.perPeer: expected maxConcurrent, perSecond, burst, found queue'],
    [null, 'limits: expected an object of limits, found null'],
  ])('refuses %o', (limits, message) => {
    expect(() => callLimits(limits as ServerLimits)).toThrow(AsterError)
    expect(() => callLimits(limits as ServerLimits)).toThrow(message)
  })
})

describe('places that peers share', () => {
  it.each<[string, ServerLimits]>([
    ['a server', { maxConcurrent: 2, queue: 4 }],
    ['a service', { services: { Test: { maxConcurrent: 2, queue: 4 } } }],
    ['a method', { services: { Test: { methods: { one: { maxConcurrent: 2, queue: 4 } } } } }],
  ])('go to a peer that calls while another one floods %s', async (_, limits) => {
    const limit = callLimits(limits)
    const from = (id: string) => handled(limit, 'one', { peer: { id, attributes: {} } })
    const flood = Array.from({ length: 10 }, () => from('flooder'))
    const refused = flood.slice(5).map(({ outcome }) => expect(outcome).rejects.toMatchObject(FULL))
    const polite = from('polite')
    await quiet()
    expect(polite.inside).toHaveLength(0)
    flood[0]?.end()
    await quiet()
    expect(polite.inside).toHaveLength(1)
    polite.end()
    await polite.outcome
    for (const one of flood) one.end()
    await Promise.all([...refused, ...flood.slice(0, 5).map(({ outcome }) => outcome)])
  })

  it('are not those of a client, whose peers are its producers', async () => {
    const limit = callLimits({ maxConcurrent: 1, queue: 2 })
    const from = (id: string) => handled(limit, 'one', { side: 'client', peer: { id, attributes: {} } })
    const [one, two, three] = [from(''), from(''), from('producer')]
    await quiet()
    one.end()
    await quiet()
    expect([two.inside.length, three.inside.length]).toEqual([1, 0])
    two.end()
    three.end()
    await Promise.all([one, two, three].map(({ outcome }) => outcome))
  })
})
