// Handlers that run on after their caller has left.
import { EventEmitter, on, once } from 'node:events'
import { type Interceptor, type MethodKind, RpcError, StatusCode } from '@aster/rpc-core'
import { FrameFlag } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Handler, isStreamed, Pair, patterns, readAnswer, recordedLog, type Scope } from './patterns.ts'
import { json } from './raw-frames.ts'

const item = { text: 'one', count: 1 }
const HOUR_MS = 3_600_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => {
  if (vi.isFakeTimers()) expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Runs all pending work that does not wait for a timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Makes a call, and leaves it when its handler runs. */
async function callAndLeave(pair: Pair, kind: MethodKind, scope: Scope): Promise<void> {
  const frames = await pair.start(kind, scope)
  await settle()
  if (scope === 'shared') frames.abort(StatusCode.CANCELLED)
  else {
    void frames.queue(FrameFlag.CANCEL, new Uint8Array(0))
    expect((await readAnswer(frames, true, json)).status).toMatchObject({ code: StatusCode.CANCELLED })
  }
  await settle()
}

const streams = patterns.filter(([kind]) => isStreamed(kind))

/** Handlers that wait for an event, with or without a signal, and record their end. */
function waiting(emitter: EventEmitter, onEnd: () => void, takesSignal: boolean): (kind: MethodKind) => Handler {
  const options = (signal: AbortSignal) => (takesSignal ? { signal } : {})
  return (kind) =>
    isStreamed(kind)
      ? async function* (_request, { signal }) {
          try {
            for await (const [event] of on(emitter, 'event', options(signal))) yield event as object
          } finally {
            onEnd()
          }
        }
      : async (_request, { signal }) => {
          try {
            return (await once(emitter, 'event', options(signal)))[0] as object
          } finally {
            onEnd()
          }
        }
}

describe.each(patterns)('a handler that waits for an event: %s, %s', (kind, scope) => {
  it('is logged 10 s after its caller left, if it does not listen to its signal', async () => {
    const { lines, logger } = recordedLog()
    const onEnd = vi.fn<() => void>()
    const emitter = new EventEmitter()
    const pair = new Pair(waiting(emitter, onEnd, false)(kind), { logger })
    await callAndLeave(pair, kind, scope)
    vi.advanceTimersByTime(9_999)
    expect(lines).toEqual([])
    vi.advanceTimersByTime(1)
    const service = scope === 'shared' ? 'Shared' : 'InSession'
    const method = kind.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)
    const warning = `warn the handler of ${service}.${method} has not ended 10 s after its caller left: pass context.signal to what it waits for`
    expect(lines).toEqual([warning])
    expect(onEnd).not.toHaveBeenCalled()
    // Once for the method, and again after an hour.
    for (const [ms, count] of [
      [0, 1],
      [HOUR_MS, 2],
    ] as const) {
      vi.advanceTimersByTime(ms)
      await callAndLeave(pair, kind, scope)
      await callAndLeave(pair, kind, scope)
      vi.advanceTimersByTime(10_000)
      expect(lines).toEqual(Array.from({ length: count }, () => warning))
    }
    emitter.emit('event', item)
    await settle()
    expect(onEnd).toHaveBeenCalledTimes(5)
    await pair.close()
  })

  it('ends at once if it listens to its signal', async () => {
    const { lines, logger } = recordedLog()
    const onEnd = vi.fn<() => void>()
    const emitter = new EventEmitter()
    const pair = new Pair(waiting(emitter, onEnd, true)(kind), { logger })
    await callAndLeave(pair, kind, scope)
    expect(onEnd).toHaveBeenCalledTimes(1)
    expect(emitter.listenerCount('event')).toBe(0)
    vi.advanceTimersByTime(HOUR_MS)
    expect(lines.filter((line) => !line.startsWith('debug'))).toEqual([])
    await pair.close()
  })

  it('is logged when the connection is lost, too', async () => {
    const { lines, logger } = recordedLog()
    const pair = new Pair(waiting(new EventEmitter(), () => {}, false)(kind), { logger })
    await pair.start(kind, scope)
    await settle()
    pair.connection.drop()
    await pair.served.done
    vi.advanceTimersByTime(10_000)
    expect(lines.filter((line) => line.includes('context.signal'))).toHaveLength(1)
  })

  it('keeps no process alive, and has no timer without a logger', async () => {
    vi.useRealTimers()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const emitter = new EventEmitter()
    const wait = waiting(emitter, () => {}, false)(kind)
    const left: ({ hasRef(): boolean } | undefined)[] = []
    for (const options of [{}, { logger: recordedLog().logger }]) {
      const pair = new Pair(wait, options)
      await callAndLeave(pair, kind, scope)
      const index = timers.mock.calls.findIndex(([, ms]) => ms !== undefined && ms > 1_000 && ms <= 10_000)
      left.push(timers.mock.results[index]?.value as { hasRef(): boolean } | undefined)
      emitter.emit('event', item)
      await pair.close()
    }
    timers.mockRestore()
    expect(left.map((timer) => timer?.hasRef())).toEqual([undefined, false])
  })
})

describe.each(patterns)('an error after the end of a call: %s, %s', (kind, scope) => {
  it('is logged, but not sent to the consumer', async () => {
    const { lines, errors, logger } = recordedLog()
    let go = (): void => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const fail = async (): Promise<never> => {
      await gate
      throw new Error('too late')
    }
    const handler: Handler = isStreamed(kind)
      ? async function* () {
          yield await fail()
        }
      : fail
    const pair = new Pair(handler, { logger })
    await callAndLeave(pair, kind, scope)
    go()
    await settle()
    expect(lines).toEqual(['debug a handler failed when its call was over'])
    expect(errors).toEqual([new Error('too late')])
    await pair.close()
  })
})

describe.each(streams)('the responses of a call that is left: %s, %s', (kind, scope) => {
  it('end with their finally, whose failure is an error in the log', async () => {
    const { lines, errors, logger } = recordedLog()
    const handler: Handler = async function* () {
      try {
        for (;;) {
          yield { text: 'x'.repeat(65_536) }
          await new Promise((resolve) => setImmediate(resolve))
        }
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- the subject of the test
        throw new Error('the finally is broken')
      }
    }
    const pair = new Pair(handler, { logger })
    // In a session the connection is closed instead, since a CANCELLED would wait for all responses before it.
    if (scope === 'shared') await callAndLeave(pair, kind, scope)
    else await pair.start(kind, scope).then(settle)
    await pair.close()
    await settle()
    expect(lines.filter((line) => !line.startsWith('debug'))).toEqual(['error a handler failed when its call was over'])
    expect(errors).toContainEqual(new Error('the finally is broken'))
  })

  it('end even if a finally fails because of the signal, which is not logged as an error', async () => {
    const { lines, logger } = recordedLog()
    const emitter = new EventEmitter()
    const handler: Handler = async function* (_request, { signal }) {
      try {
        yield item
        yield item
        await new Promise(() => {})
      } finally {
        await once(emitter, 'event', { signal })
      }
    }
    const interceptor: Interceptor = async (call, next) => {
      const responses = (await next(call)) as AsyncGenerator
      // The handler is between two responses when the call is left, so that `return` runs the `finally`.
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () => (await responses.next(), new Promise(() => {})),
          return: () => responses.return(undefined),
        }),
      }
    }
    const pair = new Pair(handler, { logger, interceptors: [interceptor] })
    await callAndLeave(pair, kind, scope)
    expect(lines).toEqual(['debug a handler failed when its call was over'])
    await pair.close()
  })

  it('end if the handler returns them only after the call was left', async () => {
    const emitter = new EventEmitter()
    let go = (): void => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    const slow: Interceptor = async (call, next) => {
      const responses = await next(call)
      await gate
      return responses
    }
    // Listens from here on, before the server asks for the first response.
    const pair = new Pair(() => on(emitter, 'event'), { interceptors: [slow], logger: recordedLog().logger })
    await callAndLeave(pair, kind, scope)
    expect(emitter.listenerCount('event')).toBe(1)
    go()
    await settle()
    expect(emitter.listenerCount('event')).toBe(0)
    await pair.close()
  })
})

it('an iterator without return is logged while its step is under way', async () => {
  const { lines, logger } = recordedLog()
  let answer = (_error: unknown): void => {}
  const next = (): Promise<never> => new Promise((_resolve, reject) => (answer = reject))
  const pair = new Pair(() => ({ [Symbol.asyncIterator]: () => ({ next }) }), { logger })
  await callAndLeave(pair, 'serverStream', 'shared')
  vi.advanceTimersByTime(10_000)
  expect(lines).toEqual([expect.stringContaining('context.signal')])
  await callAndLeave(pair, 'serverStream', 'shared')
  answer(new RpcError(StatusCode.CANCELLED, 'left'))
  await settle()
  expect(vi.getTimerCount()).toBe(0)
  await pair.close()
})

it.each(patterns)(
  'an interceptor that ends with its caller hides no handler that goes on: %s, %s',
  async (kind, scope) => {
    const { lines, logger } = recordedLog()
    const onEnd = vi.fn<() => void>()
    // Like an interceptor with a limit: it ends the call at once and does not wait for the handler.
    const quick: Interceptor = (call, next) =>
      new Promise((resolve, reject) => {
        call.signal.addEventListener('abort', () => reject(call.signal.reason as Error))
        void next(call).then((responses) => {
          if (!isStreamed(kind)) return resolve(responses)
          const iterator = (responses as AsyncIterable<unknown>)[Symbol.asyncIterator]()
          const leave = async (): Promise<IteratorResult<unknown>> => {
            void iterator.return?.()
            return { done: true, value: undefined }
          }
          resolve({ [Symbol.asyncIterator]: () => ({ next: () => iterator.next(), return: leave }) })
        })
      })
    const emitter = new EventEmitter()
    const pair = new Pair(waiting(emitter, onEnd, false)(kind), { logger, interceptors: [quick] })
    await callAndLeave(pair, kind, scope)
    vi.advanceTimersByTime(10_000)
    expect(lines).toEqual([expect.stringContaining('has not ended 10 s after its caller left')])
    emitter.emit('event', item)
    await settle()
    expect(onEnd).toHaveBeenCalledTimes(1)
    await pair.close()
  },
)
