import { type InterceptedCall, type Next, RpcError, StatusCode } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import {
  collect,
  deferred,
  fakeCall,
  FakeStream,
  nextOf,
  streamOf,
  unavailable,
  watchedSignal,
} from '../test/fake-call.ts'
import type { CallHooks, Outcome } from './call-hooks.ts'
import { follow } from './follow.ts'

/** The calls of the hooks, in order. */
function watched(
  call: InterceptedCall,
  next: Next,
  hooks: CallHooks = {},
): { result: Promise<unknown>; seen: string[]; outcomes: Outcome[] } {
  const seen: string[] = []
  const outcomes: Outcome[] = []
  const result = follow(call, next, {
    ...hooks,
    onOutcome(outcome) {
      outcomes.push(outcome)
      seen.push(`outcome ${outcome.error?.codeName ?? 'OK'} ${outcome.responses}`)
    },
    onSettled: () => seen.push('settled'),
  })
  return { result, seen, outcomes }
}

const iterate = async (result: Promise<unknown>): Promise<AsyncIterator<unknown, undefined>> =>
  ((await result) as AsyncIterable<unknown, undefined>)[Symbol.asyncIterator]()

describe('a call with one response', () => {
  it('ends with its response', async () => {
    const { signal, listeners } = watchedSignal()
    const { result, seen } = watched(fakeCall('one', { signal }), nextOf('response'))
    await expect(result).resolves.toBe('response')
    expect(seen).toEqual(['settled', 'outcome OK 1'])
    expect(listeners()).toBe(0)
  })

  it('ends with its error, as the same object', async () => {
    const { signal, listeners } = watchedSignal()
    const error = unavailable()
    const { result, seen } = watched(fakeCall('one', { signal }), nextOf(error))
    await expect(result).rejects.toBe(error)
    expect(seen).toEqual(['settled', 'outcome UNAVAILABLE 0'])
    expect(listeners()).toBe(0)
  })

  it('reports an unknown exception as the caller sees it', async () => {
    const timeout = new DOMException('late', 'TimeoutError')
    for (const [side, code] of [
      ['client', StatusCode.DEADLINE_EXCEEDED],
      ['server', StatusCode.UNKNOWN],
    ] as const) {
      const { result, outcomes } = watched(fakeCall('one', { side }), nextOf(timeout))
      await expect(result).rejects.toBe(timeout)
      expect(outcomes[0]?.error).toMatchObject({ code, cause: timeout })
    }
  })

  it('ends at once when the signal aborts, and settles when the handler does', async () => {
    const { controller, signal, listeners } = watchedSignal()
    const { promise, resolve: answer } = deferred()
    const { result, seen } = watched(fakeCall('one', { signal }), () => promise)
    controller.abort(new RpcError(StatusCode.DEADLINE_EXCEEDED, 'late'))
    await expect(result).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED, message: 'late' })
    expect(seen).toEqual(['outcome DEADLINE_EXCEEDED 0'])
    answer('too late')
    await Promise.resolve()
    await Promise.resolve()
    expect(seen).toEqual(['outcome DEADLINE_EXCEEDED 0', 'settled'])
    expect(listeners()).toBe(0)
  })

  it('does not begin when the signal has aborted', async () => {
    const next = nextOf('response')
    const { result, seen } = watched(fakeCall('one', { signal: AbortSignal.abort() }), next)
    await expect(result).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    expect(next.calls).toEqual([])
    expect(seen).toEqual(['outcome CANCELLED 0', 'settled'])
  })

  it('ends with the error of onResponse', async () => {
    const failing = { onResponse: () => Promise.reject(new RpcError(StatusCode.DATA_LOSS, 'no')) }
    const { result, seen } = watched(fakeCall('one'), nextOf('response'), failing)
    await expect(result).rejects.toMatchObject({ code: StatusCode.DATA_LOSS })
    expect(seen).toEqual(['settled', 'outcome DATA_LOSS 1'])
  })

  it('goes on if a hook throws', async () => {
    const result = follow(fakeCall('one'), nextOf('response'), {
      onOutcome: () => {
        throw new Error('from the hook')
      },
    })
    await expect(result).resolves.toBe('response')
  })
})

describe('a stream of responses', () => {
  it('ends after the last response', async () => {
    const { signal, listeners } = watchedSignal()
    const { result, seen } = watched(fakeCall('many', { signal }), nextOf(streamOf(1, 2)), {
      onResponse: (n) => (n as number) * 10,
    })
    expect(await collect(await result)).toEqual([10, 20])
    expect(seen).toEqual(['outcome OK 2', 'settled'])
    expect(listeners()).toBe(0)
  })

  it('may be a synchronous iterable of a handler', async () => {
    const { result } = watched(fakeCall('many', { side: 'server' }), nextOf([1, 2]))
    expect(await collect(await result)).toEqual([1, 2])
  })

  it('is an error if the handler returns something else', async () => {
    for (const wrong of [undefined, null, 5, {}]) {
      const { result, seen } = watched(fakeCall('many'), nextOf(wrong))
      await expect(result).rejects.toMatchObject({ code: StatusCode.INTERNAL })
      expect(seen).toEqual(['settled', 'outcome INTERNAL 0'])
    }
  })

  it('ends with its error', async () => {
    const { signal, listeners } = watchedSignal()
    const { result, seen } = watched(fakeCall('many', { signal }), nextOf(streamOf(1, unavailable())))
    await expect(collect(await result)).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    await Promise.resolve()
    await Promise.resolve()
    expect(seen).toEqual(['outcome UNAVAILABLE 1', 'settled'])
    expect(listeners()).toBe(0)
  })

  it('is left when the caller leaves it', async () => {
    const { signal, listeners } = watchedSignal()
    const stream = new FakeStream()
    const { result, seen } = watched(fakeCall('many', { signal }), nextOf(stream))
    const iterator = await iterate(result)
    const first = iterator.next()
    stream.give('a')
    await expect(first).resolves.toEqual({ done: false, value: 'a' })
    await expect(iterator.return?.()).resolves.toEqual({ done: true, value: undefined })
    expect(stream.events).toEqual(['next', 'return'])
    expect(seen).toEqual(['outcome CANCELLED 1', 'settled'])
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined })
    await iterator.return?.()
    expect(stream.events).toEqual(['next', 'return'])
    expect(listeners()).toBe(0)
  })

  it('receives the error that the caller throws into it', async () => {
    const stream = new FakeStream()
    const { result, seen } = watched(fakeCall('many'), nextOf(stream))
    const iterator = await iterate(result)
    const error = unavailable()
    await expect(iterator.throw?.(error)).rejects.toBe(error)
    expect(stream.events).toEqual(['throw'])
    expect(seen).toEqual(['outcome UNAVAILABLE 0', 'settled'])
  })

  it('is left when onResponse throws', async () => {
    const stream = new FakeStream()
    const { result, seen } = watched(fakeCall('many'), nextOf(stream), {
      onResponse: () => {
        throw new RpcError(StatusCode.DATA_LOSS, 'no')
      },
    })
    const step = (await iterate(result)).next()
    stream.give('a')
    await expect(step).rejects.toMatchObject({ code: StatusCode.DATA_LOSS })
    await stream.left
    expect(stream.events).toEqual(['next', 'return'])
    expect(seen[0]).toBe('outcome DATA_LOSS 1')
  })

  it('rejects pending reads when the signal aborts, and is left afterwards', async () => {
    const { controller, signal, listeners } = watchedSignal()
    const stream = new FakeStream()
    const { result, seen } = watched(fakeCall('many', { signal }), nextOf(stream))
    const iterator = await iterate(result)
    const step = iterator.next()
    const order: string[] = []
    signal.addEventListener('abort', () => order.push(`another listener, before: ${stream.events.join()}`))
    controller.abort(unavailable('the reason'))
    await expect(step).rejects.toMatchObject({ message: 'the reason' })
    await stream.left
    // The listeners of the signal run before the stream is left.
    expect(order).toEqual(['another listener, before: next'])
    expect(stream.events).toEqual(['next', 'return'])
    expect(seen).toEqual(['outcome UNAVAILABLE 0', 'settled'])
    await expect(iterator.next()).rejects.toMatchObject({ message: 'the reason' })
    expect(listeners()).toBe(0)
  })

  it('is left when the signal aborts, even if it is not read', async () => {
    const { controller, signal, listeners } = watchedSignal()
    const stream = new FakeStream()
    const { result, seen } = watched(fakeCall('chat', { signal }), nextOf(stream))
    await result
    controller.abort()
    await stream.left
    await Promise.resolve()
    expect(seen).toEqual(['outcome CANCELLED 0', 'settled'])
    expect(listeners()).toBe(0)
  })

  it('is left if it arrives after the abort', async () => {
    const { controller, signal } = watchedSignal()
    const stream = new FakeStream()
    const { promise, resolve: open } = deferred()
    const { result, seen } = watched(fakeCall('many', { signal }), () => promise)
    controller.abort()
    await expect(result).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    open(stream)
    await stream.left
    await Promise.resolve()
    expect(seen).toEqual(['outcome CANCELLED 0', 'settled'])
  })

  it('settles only when the handler of a stream that was left has ended', async () => {
    const { controller, signal } = watchedSignal()
    let go = (): void => {}
    const stuck = new Promise<void>((resolve) => (go = resolve))
    let ended = (): void => {}
    const end = new Promise<void>((resolve) => (ended = resolve))
    async function* handler(): AsyncGenerator<number> {
      try {
        yield 1
        await stuck
      } finally {
        ended()
      }
    }
    const { result, seen } = watched(fakeCall('many', { signal, side: 'server' }), async () => handler())
    const iterator = await iterate(result)
    await iterator.next()
    const waiting = iterator.next()
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    expect(seen).toEqual(['outcome CANCELLED 1'])
    go()
    await end
    await expect.poll(() => seen).toEqual(['outcome CANCELLED 1', 'settled'])
  })
})

it('runs every step of the call in `runStep`', async () => {
  const steps: string[] = []
  const stream = new FakeStream()
  const runStep = <T>(step: () => T): T => {
    steps.push('in')
    return step()
  }
  const iterator = await iterate(follow(fakeCall('many'), nextOf(stream), { runStep }))
  const step = iterator.next()
  stream.give('a')
  await step
  await iterator.return?.()
  expect(steps).toHaveLength(3)
})
