import { describe, expect, it } from 'vitest'
import { composeInterceptors, type InterceptedCall, type Interceptor, isUnsent, markUnsent } from './interceptor.ts'
import { RpcError } from './rpc-error.ts'
import * as t from './schema/t.ts'
import { defineService, type MethodDefinition } from './service/define-service.ts'
import { serverStream, unary } from './service/method.ts'
import { StatusCode } from './status-code.ts'

const Greeting = t.struct('test/Greeting', { text: t.string })
const { methods } = defineService({
  name: 'Test',
  methods: {
    say: unary(Greeting, Greeting),
    find: unary(Greeting, t.optional(Greeting)),
    watch: serverStream(Greeting, Greeting),
  },
})
const callTo = (method: MethodDefinition, side: 'client' | 'server' = 'client'): InterceptedCall =>
  ({ side, method, metadata: {} }) as InterceptedCall
const call = callTo(methods.say)

it('runs the first interceptor outermost', async () => {
  const log: string[] = []
  const named =
    (name: string): Interceptor =>
    async (call, next) => {
      log.push(`${name} before`)
      const result = await next(call)
      log.push(`${name} after`)
      return result
    }
  const run = composeInterceptors([named('a'), named('b')], async () => {
    log.push('call')
    return 'result'
  })
  expect(await run(call)).toBe('result')
  expect(log).toEqual(['a before', 'b before', 'call', 'b after', 'a after'])
})

it('lets an interceptor respond without next, retry, or see the error', async () => {
  let calls = 0
  const fail = async (): Promise<never> => {
    calls++
    throw new Error('no')
  }
  expect(await composeInterceptors([async () => 'cached'], fail)(call)).toBe('cached')
  expect(calls).toBe(0)
  const twice: Interceptor = async (call, next) => {
    try {
      return await next(call)
    } catch {
      return next(call)
    }
  }
  await expect(composeInterceptors([twice], fail)(call)).rejects.toThrow('no')
  expect(calls).toBe(2)
  expect(await composeInterceptors([], async () => 'plain')(call)).toBe('plain')
})

it('leaves no rejection unhandled if an interceptor does not await next', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const impatient: Interceptor = async (call, next) => {
    void next(call)
    return 'cached'
  }
  const last = async (): Promise<never> => {
    throw new Error('not awaited')
  }
  const failing: Interceptor = async (call, next) => next(call)
  for (const interceptors of [[impatient], [impatient, failing], [failing, impatient]])
    expect(await composeInterceptors(interceptors, last)(call)).toBe('cached')
  // Node reports unhandled rejections after the microtasks of the turn.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

it('recognises only the errors of calls that were never sent', () => {
  const error = new RpcError(StatusCode.UNAVAILABLE, 'no connection')
  expect(isUnsent(error)).toBe(false)
  expect(markUnsent(error)).toBe(error)
  expect(isUnsent(error)).toBe(true)
  expect(Object.keys(error)).not.toContain('aster.unsent')
  for (const other of [
    undefined,
    null,
    'text',
    new Error('x'),
    new RpcError(StatusCode.UNAVAILABLE, 'x', { cause: error }),
  ]) {
    expect(isUnsent(other)).toBe(false)
  }
})

describe('an interceptor that breaks its contract', () => {
  const odd: [string, Interceptor, string][] = [
    [
      'has the shape of another library',
      ((next: (call: unknown) => unknown) => async (call: unknown) => next(call)) as unknown as Interceptor,
      "interceptor 'x' returned a function: expected (call, next) => a promise of the response, not (next) => (call) => …",
    ],
    [
      'forgets to return',
      (async (call, next) => void (await next(call))) as Interceptor,
      "interceptor 'x' returned nothing: expected the response; does it lack a return before next(call)?",
    ],
  ]
  it.each(odd)('%s: the error names it', async (_, interceptor, message) => {
    const x = Object.defineProperty(interceptor, 'name', { value: 'x' })
    const run = composeInterceptors([x], async () => 'response')
    await expect(run(call)).rejects.toMatchObject({ name: 'RpcError', code: StatusCode.INTERNAL, message })
    // The caller of a server does not learn of mistakes in its code.
    await expect(run(callTo(methods.say, 'server'))).rejects.toMatchObject({ name: 'AsterError', message })
  })

  it('is named by its position if it has no name', async () => {
    const nothing = [async () => 'fine', async () => undefined]
    await expect(composeInterceptors(nothing, async () => 'response')(call)).resolves.toBe('fine')
    await expect(composeInterceptors(nothing.toReversed(), async () => 'response')(call)).rejects.toThrow(
      'interceptor 1 of 2 returned nothing',
    )
  })

  it('returns no stream where one is expected', async () => {
    for (const value of [undefined, 'text', { message: 'one' }, 5])
      await expect(composeInterceptors([async () => value], async () => [])(callTo(methods.watch))).rejects.toThrow(
        'expected the AsyncIterable that next(call) resolves to',
      )
    expect(await composeInterceptors([async () => ['one']], async () => [])(callTo(methods.watch))).toEqual(['one'])
  })

  it('throws instead of rejecting', async () => {
    const run = composeInterceptors(
      [
        () => {
          throw new Error('at once')
        },
      ],
      async () => 'response',
    )
    await expect(run(call)).rejects.toThrow('at once')
  })

  it('may return a value that is not a promise, and undefined if the response is optional', async () => {
    const cached = (() => 'cached') as unknown as Interceptor
    expect(await composeInterceptors([cached], async () => 'response')(call)).toBe('cached')
    expect(
      await composeInterceptors([async () => undefined], async () => 'response')(callTo(methods.find)),
    ).toBeUndefined()
  })
})
