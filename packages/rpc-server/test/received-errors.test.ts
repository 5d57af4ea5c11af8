// Errors of calls that a handler makes. The message, the addresses and the details are meant only for the handler.
import { type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { markReceived } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { allCalls, type Handler, isStreamed, Pair, patterns, recordedLog, scopes } from './patterns.ts'

const details = { dsn: 'postgres://admin:pw@10.1.2.3' }
const received = (): RpcError =>
  markReceived(new RpcError(StatusCode.UNAVAILABLE, '10.1.2.3:5432 is down', { details, cause: new Error('refused') }))

const hidden = { code: StatusCode.UNKNOWN, message: 'the handler failed (call one)', detailKeys: [] }
const fields = { callId: 'one' }
const item = { text: 'one', count: 1 }

/** The ways in which the error of a downstream call leaves a handler. */
const ways: Record<string, (error: RpcError) => Handler> = {
  'that throws': (error) => () => {
    throw error
  },
  'that rejects': (error) => async () => {
    await Promise.resolve()
    throw error
  },
  'that rethrows what RpcError.from makes of it': (error) => async () => {
    throw RpcError.from(error)
  },
}
const streamedWays: typeof ways = {
  ...ways,
  'that passes a stream on': (error) =>
    async function* () {
      yield item
      throw error
    },
}

describe.each(allCalls)('a downstream error, %s, %s, %s', (kind, scope, _format, codec) => {
  it.each(Object.keys(isStreamed(kind) ? streamedWays : ways))('of a handler %s is hidden and logged', async (way) => {
    const { lines, errors, logger } = recordedLog()
    const error = received()
    const pair = new Pair(streamedWays[way]?.(error) as Handler, { logger })
    expect((await pair.call(kind, scope, codec, fields)).status).toMatchObject(hidden)
    expect([lines, errors]).toEqual([['error a handler failed'], [error]])
    await pair.close()
  })

  it('is shown without code and details if errors are exposed', async () => {
    const pair = new Pair(() => Promise.reject(received()), { exposeErrors: true })
    const message = '10.1.2.3:5432 is down'
    expect((await pair.call(kind, scope, codec)).status).toMatchObject({ ...hidden, message })
    await pair.close()
  })

  it('reaches the consumer if the handler throws an RpcError of its own', async () => {
    const { lines, logger } = recordedLog()
    const own = new RpcError(StatusCode.UNAVAILABLE, 'try again later', { cause: received() })
    const pair = new Pair(() => Promise.reject(own), { logger })
    const wanted = { code: StatusCode.UNAVAILABLE, message: 'try again later', detailKeys: [] }
    expect((await pair.call(kind, scope, codec)).status).toMatchObject(wanted)
    expect(lines).toEqual([])
    await pair.close()
  })
})

it.each(patterns)('the error of a call that an interceptor makes is hidden: %s, %s', async (kind, scope) => {
  const interceptor: Interceptor = async () => {
    throw received()
  }
  const pair = new Pair(() => item, { interceptors: [interceptor] })
  expect((await pair.call(kind, scope, undefined, fields)).status).toMatchObject(hidden)
  await pair.close()
})

it.each(scopes)('the error of a call that a handler passed its signal to is not hidden: %s', async (scope) => {
  const { lines, logger } = recordedLog()
  const downstream: Handler = (_request, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(markReceived(signal.reason as RpcError)))
    })
  const pair = new Pair(downstream, { logger, handlerTimeoutMs: 5 })
  const { status } = await pair.call('unary', scope)
  expect(status).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  expect(lines.filter((line) => !line.startsWith('debug'))).toEqual([])
  await pair.close()
})
