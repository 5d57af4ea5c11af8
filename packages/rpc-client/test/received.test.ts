// The error of a call is marked as received, so that a server does not pass it on; the caller's own reason for an abort is not.
import { JsonCodec } from '@aster/codec-json'
import {
  type Client,
  type ClientOptions,
  createClient,
  createDynamicClient,
  openDynamicSession,
  openSession,
} from '@aster/rpc-client'
import { type CallOptions, type CallParent, type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { isReceived } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { collect, failure, Held, HeldSession, Hold, untilQuiet } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'

type Calls = Client<typeof Held>

const codec = new JsonCodec()
const message = { text: '', count: 1 }

function dynamicCalls(calls: Awaited<ReturnType<typeof openDynamicSession>> | ReturnType<typeof createDynamicClient>) {
  return {
    unary: (_request: object, options?: CallOptions) => calls.call('unary', message, options),
    server: (_request: object, options?: CallOptions) => calls.serverStream('server', message, options),
    client: (_requests: object, options?: CallOptions) => calls.clientStream('client', [message], options),
    bidi: (options?: CallOptions) => calls.bidiStream('bidi', options),
  } as never as Calls
}

const clients: Record<string, (options: ClientOptions) => Promise<Calls>> = {
  'a shared service': async (options) => createClient(Held, options),
  'a session': (options) => openSession(HeldSession, options),
  'a shared service without a definition': async (options) =>
    dynamicCalls(createDynamicClient({ name: 'Held', version: 1 }, options)),
  'a session without a definition': async (options) =>
    dynamicCalls(await openDynamicSession({ name: 'HeldSession', version: 1 }, options)),
}

const patterns: Record<string, (calls: Calls, options: CallOptions) => Promise<unknown>> = {
  unary: (calls, options) => calls.unary({}, options),
  'server stream': (calls, options) => collect(calls.server({}, options)),
  'client stream': (calls, options) => calls.client([{}], options),
  async 'bidi stream'(calls, options) {
    return calls.bidi(options).recv()
  },
  async 'send of a bidi stream'(calls, options) {
    const channel = calls.bidi(options)
    await failure(channel.recv())
    return channel.send({})
  },
}

interface Ending {
  readonly options?: CallOptions
  readonly end?: (connection: Connection & { drop(): void }) => void
  readonly interceptors?: ClientOptions['interceptors']
}

const endings: Record<string, Ending> = {
  'a lost connection': { end: (connection) => connection.drop() },
  'a deadline': { options: { timeoutMs: 20 } },
  'a deadline that has passed': { options: { timeoutMs: -1 } },
  'a time-out of the caller': { options: { signal: AbortSignal.abort(new DOMException('late', 'TimeoutError')) } },
  'an abort': { options: { signal: AbortSignal.abort(new Error('enough')) } },
  'an option of the wrong kind': { options: { timeoutMs: 'x' as never } },
  'an error of an interceptor': {
    interceptors: [
      async () => {
        throw new RpcError(StatusCode.UNAUTHENTICATED, 'no token')
      },
    ],
  },
  'an error of the producer': { options: { metadata: { fail: 'yes' } } },
}

async function errorOf(
  open: (options: ClientOptions) => Promise<Calls>,
  call: (calls: Calls, options: CallOptions) => Promise<unknown>,
  { options = {}, end, interceptors }: Ending,
): Promise<RpcError> {
  const [connection, producer] = memoryPair()
  const failing = async (call: { metadata: Record<string, string> }, next: (call: never) => Promise<unknown>) => {
    if (call.metadata['fail'] !== undefined) throw new RpcError(StatusCode.NOT_FOUND, 'no such thing')
    return next(call as never)
  }
  serveConnection(producer, { services: new Hold().services, codecs: [codec], interceptors: [failing] })
  const calls = await open({ connection, codec, interceptors })
  const failed = failure((async () => call(calls, options))())
  await untilQuiet()
  end?.(connection)
  return failed
}

describe.each(Object.entries(clients))('of %s', (_scope, open) => {
  describe.each(Object.entries(patterns))('a %s', (_pattern, call) => {
    it.each(Object.entries(endings))('is marked as received after %s', async (_ending, ending) => {
      const error = await errorOf(open, call, ending)
      expect(error).toBeInstanceOf(RpcError)
      expect(isReceived(error)).toBe(true)
    })

    it('is the reason of the caller after an abort with an error of the caller', async () => {
      const reason = new RpcError(StatusCode.ABORTED, 'my own words')
      for (const options of [
        { signal: AbortSignal.abort(reason) },
        { parent: { signal: AbortSignal.abort(reason), deadline: undefined } as never as CallParent },
      ]) {
        expect(await errorOf(open, call, { options })).toBe(reason)
        expect(isReceived(reason)).toBe(false)
      }
    })

    it('is not marked after the deadline of the parent: it is the handler’s own', async () => {
      const parent = { signal: new AbortController().signal, deadline: Date.now() - 1 } as never as CallParent
      const error = await errorOf(open, call, { options: { parent } })
      expect(error).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
      expect(isReceived(error)).toBe(false)
    })
  })
})

describe('the opening of a session', () => {
  it.each(['a session', 'a session without a definition'])('fails with an error that is marked: %s', async (name) => {
    const failing = (connection: ClientOptions['connection'], signal?: AbortSignal): Promise<RpcError> =>
      failure(clients[name]?.({ connection, codec, signal } as never) as Promise<unknown>)
    const error = await failing(() => Promise.reject(new Error('no dial')))
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE, message: 'no dial' })
    expect(isReceived(error)).toBe(true)
    const aborted = await failing(() => new Promise(() => {}), AbortSignal.abort())
    expect(aborted).toMatchObject({ code: StatusCode.CANCELLED })
    expect(isReceived(aborted)).toBe(true)
  })
})

describe('calls that cannot be made', () => {
  it('fail with errors that are marked', async () => {
    const calls = createDynamicClient({ name: 'Held', version: 1 }, { connection: memoryPair()[0], codec })
    const thrownBy = (run: () => unknown): unknown => {
      try {
        return run()
      } catch (error) {
        return error
      }
    }
    for (const error of [
      await failure(calls.call('', {})),
      await failure(calls.call('unary', null)),
      thrownBy(() => calls.serverStream('', {})),
      thrownBy(() => calls.bidiStream('bidi', { timeoutMs: 'x' as never })),
    ]) {
      expect(error).toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
      expect(isReceived(error)).toBe(true)
    }
  })
})
