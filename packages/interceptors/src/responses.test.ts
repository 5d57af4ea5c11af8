import { composeInterceptors, type InterceptedCall, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { collect, fakeCall, nextOf, streamOf, unavailable } from '../test/fake-call.ts'
import { mapRequests, requestsUntil } from './map-requests.ts'
import { mapResponses, onOutcome } from './responses.ts'

const suffix =
  (text: string): Interceptor =>
  (call, next) =>
    mapResponses(call, next, (response) => `${String(response)}${text}`)

it('composes from left to right: the first sees the response last', async () => {
  const both = [suffix(' outer'), suffix(' inner')]
  expect(await composeInterceptors(both, nextOf('response'))(fakeCall('one'))).toBe('response inner outer')
  const stream = await composeInterceptors(both, nextOf(streamOf('a', 'b')))(fakeCall('many'))
  expect(await collect(stream)).toEqual(['a inner outer', 'b inner outer'])
})

it('lets interceptors change request, metadata and error, and answer without the call', async () => {
  const next = nextOf(unavailable())
  const change: Interceptor = (call, go) => go({ ...call, request: 'changed', metadata: { ...call.metadata, k: 'v' } })
  const rename: Interceptor = async (call, go) => {
    try {
      return await go(call)
    } catch (error) {
      throw new RpcError(StatusCode.ABORTED, 'renamed', { cause: error })
    }
  }
  await expect(composeInterceptors([rename, change], next)(fakeCall('one'))).rejects.toMatchObject({
    code: StatusCode.ABORTED,
    cause: { code: StatusCode.UNAVAILABLE },
  })
  expect(next.calls).toMatchObject([{ request: 'changed', metadata: { k: 'v' } }])
  const cached: Interceptor = async () => 'cached'
  expect(await composeInterceptors([suffix('!'), cached, rename], next)(fakeCall('one'))).toBe('cached!')
  expect(next.calls).toHaveLength(1)
})

it('reports how a call ended', async () => {
  const seen: (string | number)[] = []
  const note = (call: InterceptedCall, next: ReturnType<typeof nextOf>): Promise<unknown> =>
    onOutcome(call, next, ({ error, responses }) => seen.push(error?.codeName ?? 'OK', responses))
  await note(fakeCall('one'), nextOf('x'))
  await note(fakeCall('one'), nextOf(unavailable())).catch(() => {})
  await collect(await note(fakeCall('many'), nextOf(streamOf(1, 2, 3))))
  for await (const _ of (await note(fakeCall('many'), nextOf(streamOf(1, 2, 3)))) as AsyncIterable<unknown>) break
  expect(seen).toEqual(['OK', 1, 'UNAVAILABLE', 0, 'OK', 3, 'CANCELLED', 1])
})

it('maps requests, and closes their source when no more are needed', async () => {
  const events: string[] = []
  async function* source(): AsyncGenerator<number> {
    try {
      yield 1
      yield 2
      yield 3
    } finally {
      events.push('left')
    }
  }
  expect(await collect(mapRequests(source(), async (n) => (n as number) * 2))).toEqual([2, 4, 6])
  expect(await collect(mapRequests([1, 2], (n) => n))).toEqual([1, 2])
  events.length = 0
  for await (const _ of mapRequests(source(), (n) => n)) break
  expect(events).toEqual(['left'])
})

it('passes the reason of the end on to the source', async () => {
  const returned: unknown[] = []
  const iterator = {
    next: async () => ({ done: false, value: 1 }),
    return: async (value: unknown) => void returned.push(value),
  }
  const source = { [Symbol.asyncIterator]: () => iterator }
  const error = unavailable()
  const requests: AsyncIterator<unknown, unknown> = mapRequests(source, (n) => n)
  await requests.return?.(error)
  expect(returned).toEqual([error])
})

it('refuses requests that are no stream when they are read', async () => {
  for (const wrong of [undefined, null, 5, {}]) {
    await expect(mapRequests(wrong, (n) => n).next()).rejects.toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
  }
})

it('ends requests with the reason of a signal', async () => {
  const controller = new AbortController()
  const reason = unavailable()
  const requests = requestsUntil(
    { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) },
    controller.signal,
  )
  const waiting = requests.next()
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(requests.next()).rejects.toBe(reason)
})
