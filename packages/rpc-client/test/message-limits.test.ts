// The size of a message is bounded by the smallest limit of server or client, service and method, in every pattern and in sessions.
import { createZstd } from '@aster/compression-zstd'
import { JsonCodec } from '@aster/codec-json'
import { createClient, openSession } from '@aster/rpc-client'
import {
  bidiStream,
  clientStream,
  defineService,
  implement,
  RpcError,
  rpc,
  serverStream,
  service,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'
import type { Refusal, ServeOptions } from '@aster/rpc-server'
import { describe, expect, it } from 'vitest'
import { type ServedPair, servePair } from './served-pair.ts'

const Text = t.struct('limits/Text', { text: t.string })
type Text = { text: string }
/** The bytes that `{"text":"…"}` has besides its text. */
const textOf = (bytes: number): Text => ({ text: 'x'.repeat(bytes - 11) })

const methods = {
  narrow: unary(Text, Text, { maxMessageBytes: 100 }),
  echo: unary(Text, Text),
  split: serverStream(Text, Text),
  join: clientStream(Text, Text),
  chat: bidiStream(Text, Text),
  /** Answers with the number of bytes that the request asks for. */
  make: unary(t.struct('limits/Size', { bytes: t.int }), Text),
}
/** The server's definition, without the limit for the response that the client's definition has. */
const withoutLimits = { ...methods, narrow: unary(Text, Text) }
const handlers = {
  narrow: (text: Text) => text,
  echo: (text: Text) => text,
  *split(text: Text) {
    yield text
  },
  async join(texts: AsyncIterable<Text>) {
    let last = { text: '' }
    for await (const text of texts) last = text
    return last
  },
  async *chat(texts: AsyncIterable<Text>) {
    yield* texts
  },
  make: ({ bytes }: { bytes: number }) => textOf(bytes),
}
const Shared = defineService({ name: 'Shared', maxMessageBytes: 500, methods })
const InSession = defineService({ name: 'InSession', scope: 'session', maxMessageBytes: 500, methods })
const Wide = defineService({ name: 'Wide', methods })
const services = [implement(Shared, handlers), implement(InSession, () => handlers), implement(Wide, handlers)]

const codec = new JsonCodec()
const zstd = await createZstd()

async function within(options: Partial<ServeOptions>, run: (pair: ServedPair) => Promise<void>): Promise<void> {
  const pair = await servePair('memory', { services, codecs: [codec], compression: zstd, ...options })
  try {
    await run(pair)
  } finally {
    await pair.close()
  }
}

/** Returns `OK`, or the error's code and whether it names the limit and the option. */
async function outcome(call: PromiseLike<unknown>, limit: number): Promise<string> {
  try {
    await call
    return 'OK'
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    expect(error.message).toMatch(new RegExp(`the limit is ${limit} \\(maxMessageBytes\\)`))
    return error.codeName
  }
}

const all = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items) continue
}

describe.each(['shared', 'session'])('a %s service', (scope) => {
  const open = async ({ client }: ServedPair, name = scope === 'shared' ? 'Shared' : 'InSession') => {
    const options = { connection: client, codec, compression: zstd }
    if (scope === 'shared') return createClient(defineService({ name, methods: withoutLimits }), options)
    return openSession(defineService({ name, scope: 'session', methods: withoutLimits }), options)
  }

  it.each([
    ['the method', 'narrow', 100, {}],
    ['the service', 'echo', 500, { maxMessageBytes: 1_000 }],
    ['the server', 'echo', 300, { maxMessageBytes: 300 }],
    ['the server, narrower than the method', 'narrow', 50, { maxMessageBytes: 50 }],
  ] as const)('reads requests up to the limit of %s', async (_, method, limit, options) => {
    const refusals: Refusal[] = []
    await within({ ...options, onRefusal: (refusal) => void refusals.push(refusal) }, async (pair) => {
      const api = await open(pair)
      expect(await outcome(api[method](textOf(limit)), limit)).toBe('OK')
      expect(refusals).toEqual([])
      expect(await outcome(api[method](textOf(limit + 1)), limit)).toBe('RESOURCE_EXHAUSTED')
      expect(refusals).toMatchObject([{ cause: 'message', peer: pair.server.remoteId }])
      // The next call succeeds.
      expect(await outcome(api[method](textOf(limit)), limit)).toBe('OK')
    })
  })

  it('reads requests up to the limit in every pattern', async () => {
    await within({}, async (pair) => {
      const api = await open(pair)
      for (const bytes of [500, 501]) {
        const text = textOf(bytes)
        const expected = bytes === 500 ? 'OK' : 'RESOURCE_EXHAUSTED'
        expect(await outcome(all(api.split(text)), 500)).toBe(expected)
        expect(await outcome(api.join([textOf(20), text]), 500)).toBe(expected)
        const chat = api.chat()
        void chat.send(text).catch(() => {})
        chat.finish()
        expect(await outcome(all(chat), 500)).toBe(expected)
      }
    })
  })
})

it('counts what a message has after decompression, and stops there', async () => {
  await within({ maxMessageBytes: 1_000_000 }, async ({ client }) => {
    const api = createClient(Wide, { connection: client, codec, compression: zstd })
    expect(await outcome(api.echo(textOf(1_000_000)), 1_000_000)).toBe('OK')
    expect(await outcome(api.echo(textOf(1_000_001)), 1_000_000)).toBe('RESOURCE_EXHAUSTED')
  })
})

it('reads responses up to the narrowest limit of client, service and method', async () => {
  await within({}, async ({ client }) => {
    const of = (maxMessageBytes: number | undefined, service: { maxMessageBytes?: number }, make: object) =>
      createClient(
        defineService({
          name: 'Wide',
          ...service,
          methods: { make: unary(methods.make.request, Text, make), split: serverStream(Text, Text, make) },
        }),
        { connection: client, codec, compression: zstd, maxMessageBytes },
      )
    for (const [api, limit] of [
      [of(undefined, {}, {}), 16_777_216],
      [of(1_000, {}, {}), 1_000],
      [of(1_000, { maxMessageBytes: 500 }, {}), 500],
      [of(1_000, { maxMessageBytes: 500 }, { maxMessageBytes: 100 }), 100],
      [of(50, { maxMessageBytes: 500 }, { maxMessageBytes: 100 }), 50],
      [of(10_000, {}, {}), 10_000],
    ] as const) {
      const bytes = Math.min(limit, 1_000_000)
      expect(await outcome(api.make({ bytes }), limit)).toBe('OK')
      expect(await outcome(all(api.split(textOf(bytes))), limit)).toBe('OK')
      if (bytes < limit) continue
      expect(await outcome(api.make({ bytes: bytes + 1 }), limit)).toBe('RESOURCE_EXHAUSTED')
      expect(await outcome(all(api.split(textOf(bytes + 1))), limit)).toBe('RESOURCE_EXHAUSTED')
    }
  })
})

it('reads large messages in turns, so that a peer with many does not keep another from its own', async () => {
  const order: string[] = []
  const implementation = implement(Wide, {
    ...handlers,
    echo: ({ text }) => (order.push(text.charAt(0)), { text: '' }),
  })
  const pairs = await Promise.all(
    ['a', 'b'].map((id) =>
      servePair('memory', { services: [implementation], codecs: [codec], peer: { id, attributes: {} } }),
    ),
  )
  const [a, b] = pairs.map(({ client }) => createClient(Wide, { connection: client, codec }))
  const large = (letter: string): Text => ({ text: letter.repeat(200_000) })
  const calls = [...Array.from({ length: 6 }, () => a?.echo(large('a'))), b?.echo(large('b'))]
  await Promise.all(calls)
  expect(order).toHaveLength(7)
  expect(order.indexOf('b')).toBeLessThan(6)
  await Promise.all(pairs.map((pair) => pair.close()))
})

it('leaves the queue of large messages when the call ends', async () => {
  await within({}, async ({ client }) => {
    const api = createClient(Wide, { connection: client, codec, compression: zstd })
    const abort = new AbortController()
    const text = { text: 'x'.repeat(200_000) }
    const calls = Array.from({ length: 5 }, () => api.echo(text, { signal: abort.signal }))
    abort.abort()
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    expect(await api.echo(text)).toEqual(text)
  })
})

describe('the option', () => {
  it.each([0, -1, 1.5, Number.NaN, 16_777_217, '5' as never])(
    'is a number of bytes that a message may have: %j',
    (wrong) => {
      const expected = 'maxMessageBytes: expected an integer from 1 to 16777216 (bytes), found'
      const options = { maxMessageBytes: wrong }
      expect(() => unary(Text, Text, options)).toThrow(expected)
      expect(() => defineService({ name: 'Wrong', ...options, methods: {} })).toThrow(`service Wrong: ${expected}`)
      expect(() => createClient(Wide, { connection: {} as never, codec, ...options })).toThrow(expected)
      return expect(servePair('memory', { services, codecs: [codec], ...options })).rejects.toThrow(expected)
    },
  )

  it('is one of classes with decorators', async () => {
    @service({ name: 'Decorated', maxMessageBytes: 500 })
    class Decorated {
      @rpc(Text, Text, { maxMessageBytes: 100 })
      narrow(text: Text): Text {
        return text
      }
      @rpc(Text, Text)
      echo(text: Text): Text {
        return text
      }
    }
    await within({ services: [new Decorated()] }, async ({ client }) => {
      const api = createClient(
        defineService({ name: 'Decorated', methods: { narrow: withoutLimits.narrow, echo: methods.echo } }),
        {
          connection: client,
          codec,
        },
      )
      expect(await outcome(api.narrow(textOf(100)), 100)).toBe('OK')
      expect(await outcome(api.narrow(textOf(101)), 100)).toBe('RESOURCE_EXHAUSTED')
      expect(await outcome(api.echo(textOf(500)), 500)).toBe('OK')
      expect(await outcome(api.echo(textOf(501)), 500)).toBe('RESOURCE_EXHAUSTED')
    })
  })
})
