// A call accepts everything that `await` and `for await` accept: thenables, and promises of another realm.
import { runInNewContext } from 'node:vm'
import { ForyCodec } from '@aster/codec-fory'
import { createClient, openSession } from '@aster/rpc-client'
import {
  bidiStream,
  clientStream,
  defineService,
  type Handlers,
  implement,
  type Interceptor,
  RpcError,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'
import { failure } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { servePair } from './served-pair.ts'

const Message = t.struct('thenables/Message', { text: t.string })
type Message = t.Infer<typeof Message>

const methods = {
  unary: unary(Message, Message),
  serverStream: serverStream(Message, Message),
  clientStream: clientStream(Message, Message),
  bidiStream: bidiStream(Message, Message),
}
const Shared = defineService({ name: 'Shared', methods })
const InSession = defineService({ name: 'InSession', scope: 'session', methods })

type Later = <T>(value: T | Promise<T>) => Promise<T>
type Fail = (error: Error) => Promise<never>

/** Makers of objects that `await` waits for and that are not a `Promise` of this realm. */
const kinds: Readonly<Record<string, { readonly later: Later; readonly fail: Fail }>> = {
  'a thenable': { later: toThenable as Later, fail: (error) => toThenable(Promise.reject(error)) as Promise<never> },
  'a promise of another realm': {
    later: runInNewContext('async (value) => value') as Later,
    fail: runInNewContext('async (error) => { throw error }') as Fail,
  },
}

function toThenable(value: unknown): unknown {
  // oxlint-disable-next-line unicorn/no-thenable -- the subject of the tests
  return { then: (done: () => void, failed: () => void) => void Promise.resolve(value).then(done, failed) }
}

/**
 * Returns an iterable over one message per string of `texts`. Without `texts`, the iterable does not end. Each step of its
 * iterator is a thenable that `later` creates, not a promise.
 */
function messages(later: Later, texts?: readonly string[], onLeft?: () => void): AsyncIterable<Message> {
  return {
    [Symbol.asyncIterator]() {
      const rest = texts?.slice()
      return {
        next: () => {
          const text = rest === undefined ? 'again' : rest.shift()
          return later(text === undefined ? { done: true, value: undefined } : { done: false, value: { text } })
        },
        return: () => {
          onLeft?.()
          return later({ done: true, value: undefined })
        },
      }
    },
  }
}

function failing(fail: Fail, error: Error): AsyncIterable<Message> {
  return { [Symbol.asyncIterator]: () => ({ next: () => fail(error) }) }
}

async function textsOf(stream: AsyncIterable<Message>): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of stream) texts.push(text)
  return texts
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}

async function serve(handlers: Handlers<typeof methods>, interceptors: readonly Interceptor[] = []) {
  const codecs = [new ForyCodec()]
  const services = [implement(Shared, handlers), implement(InSession, () => handlers)]
  const pair = await servePair('memory', { services, codecs, interceptors })
  const options = { connection: pair.client, codec: new ForyCodec(), interceptors }
  return {
    shared: createClient(Shared, options),
    session: await openSession(InSession, options),
    close: () => pair.close(),
  }
}

describe.each(Object.entries(kinds))('%s', (_kind, { later, fail }) => {
  const handlers: Handlers<typeof methods> = {
    unary: ({ text }) => later({ text: `${text}!` }),
    serverStream: ({ text }) => messages(later, [text, `${text}!`]),
    clientStream: (requests) => later(textsOf(requests).then((texts) => ({ text: texts.join() }))),
    bidiStream: () => messages(later, ['a', 'b']),
  }

  describe.each(['shared', 'session'] as const)('of a %s service', (scope) => {
    it.each([['without interceptors'], ['with interceptors']])('is an answer, %s', async (how) => {
      const passing: Interceptor = (call, next) => later(next(call))
      const served = await serve(handlers, how === 'with interceptors' ? [passing] : [])
      const client = served[scope]
      expect(await client.unary({ text: 'a' })).toEqual({ text: 'a!' })
      expect(await textsOf(client.serverStream({ text: 'a' }))).toEqual(['a', 'a!'])
      expect(await client.clientStream(messages(later, ['x', 'y']))).toEqual({ text: 'x,y' })
      const channel = client.bidiStream()
      channel.finish()
      expect(await textsOf(channel)).toEqual(['a', 'b'])
      await served.close()
    })

    it('is an error', async () => {
      const error = new RpcError(StatusCode.NOT_FOUND, 'no such thing')
      const served = await serve({
        unary: () => fail(error),
        serverStream: () => failing(fail, error),
        clientStream: () => fail(error),
        bidiStream: () => failing(fail, error),
      })
      const client = served[scope]
      const expected = { code: StatusCode.NOT_FOUND, message: 'no such thing' }
      expect(await failure(client.unary({}))).toMatchObject(expected)
      expect(await failure(textsOf(client.serverStream({})))).toMatchObject(expected)
      expect(await failure(client.clientStream([]))).toMatchObject(expected)
      expect(await failure(textsOf(client.bidiStream()))).toMatchObject(expected)
      await served.close()
    })

    it('is an error of the requests', async () => {
      const served = await serve(handlers)
      const error = new Error('no more requests')
      expect(await failure(served[scope].clientStream(failing(fail, error)))).toMatchObject({ cause: error })
      await served.close()
    })

    it('is the answer of the iterator of the responses when it is left', async () => {
      const left = deferred()
      const served = await serve({ ...handlers, serverStream: () => messages(later, undefined, left.resolve) })
      for await (const _ of served[scope].serverStream({})) break
      await left.promise
      expect(await served[scope].unary({ text: 'next' })).toEqual({ text: 'next!' })
      await served.close()
    })
  })

  it('is a connection', async () => {
    const pair = await servePair('memory', { services: [implement(Shared, handlers)], codecs: [new ForyCodec()] })
    const client = createClient(Shared, { connection: () => later(pair.client), codec: new ForyCodec() })
    expect(await client.unary({ text: 'a' })).toEqual({ text: 'a!' })
    await pair.close()
  })
})
