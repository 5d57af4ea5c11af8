// If an interceptor passes a call on and does not wait for it, the call still returns its stream, or its turn.
import { JsonCodec } from '@aster/codec-json'
import { type Client, type ClientOptions, createClient, openSession } from '@aster/rpc-client'
import { type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { collect, failure, Held, HeldSession, Hold, untilQuiet } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'

type Calls = Client<typeof Held>

const codec = new JsonCodec()

const patterns: Record<string, (calls: Calls) => Promise<unknown>> = {
  unary: (calls) => calls.unary({}),
  'server stream': (calls) => collect(calls.server({})),
  'client stream': (calls) => calls.client([{}]),
  async 'bidi stream'(calls) {
    const channel = calls.bidi()
    void channel.send({})
    return collect(channel)
  },
}

const mistakes: Record<string, { interceptor: Interceptor; code: StatusCode }> = {
  'returns before the call has its response': {
    code: StatusCode.INTERNAL,
    interceptor: async (call, next) => {
      next(call).catch(() => {})
      await untilQuiet()
      return undefined
    },
  },
  'throws before the call has its response': {
    code: StatusCode.ABORTED,
    async interceptor(call, next) {
      next(call).catch(() => {})
      await untilQuiet()
      throw new RpcError(StatusCode.ABORTED, 'too slow')
    },
  },
}

describe.each(['shared service', 'session'])('of a %s', (scope) => {
  describe.each(Object.entries(mistakes))('an interceptor that %s', (_mistake, { interceptor, code }) => {
    it.each(Object.entries(patterns))('leaves no %s behind', async (_pattern, call) => {
      const hold = new Hold()
      const [connection, producer] = memoryPair({ maxStreams: 1 })
      serveConnection(producer, { services: hold.services, codecs: [codec] })
      // Only the call is intercepted. `ping` has to get the returned stream, or the turn.
      const only: Interceptor = (given, next) => (given.method.name === 'ping' ? next(given) : interceptor(given, next))
      const options: ClientOptions = { connection, codec, interceptors: [only] }
      const calls: Calls = scope === 'session' ? await openSession(HeldSession, options) : createClient(Held, options)
      expect(await failure(call(calls))).toMatchObject({ code })
      await hold.saw('ended')
      expect(await calls.ping({ text: 'next' })).toMatchObject({ text: 'next' })
    })
  })
})

it('an interceptor may answer and let the call go on', async () => {
  const hold = new Hold()
  const [connection, producer] = memoryPair()
  serveConnection(producer, { services: hold.services, codecs: [codec] })
  let refreshed: Promise<unknown> | undefined
  const cache: Interceptor = async (call, next) => {
    refreshed = next(call)
    return { text: 'cached', count: 0 }
  }
  const calls = createClient(Held, { connection, codec, interceptors: [cache] })
  expect(await calls.unary({ text: 'fresh' }, { timeoutMs: 600_000 })).toMatchObject({ text: 'cached' })
  hold.go()
  expect(await refreshed).toMatchObject({ text: 'fresh' })
})
