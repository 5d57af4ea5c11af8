import { expect, it } from 'vitest'
import { composeInterceptors, type InterceptedCall, type Interceptor, isUnsent, markUnsent } from './interceptor.ts'
import { RpcError } from './rpc-error.ts'
import { StatusCode } from './status-code.ts'

const call = { metadata: {} } as InterceptedCall

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

it('lets an interceptor answer alone, try again, or see the error', async () => {
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

it('knows the errors of calls that were never sent, and no others', () => {
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
