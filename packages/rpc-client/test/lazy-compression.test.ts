// Long messages in every pattern while the compression engine is still being loaded, over memory.
import { createZstd } from '@aster/compression-zstd'
import { ForyCodec } from '@aster/codec-fory'
import { createClient, openSession } from '@aster/rpc-client'
import {
  type Compression,
  defineService,
  bidiStream,
  clientStream,
  implement,
  RpcError,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'

const Text = t.struct('tests/Text', { text: t.string })
const methods = {
  echo: unary(Text, Text),
  twice: serverStream(Text, Text),
  last: clientStream(Text, Text),
  chat: bidiStream(Text, Text),
}
const handlers = {
  echo: ({ text }: { text: string }) => ({ text }),
  *twice({ text }: { text: string }) {
    yield { text }
    yield { text }
  },
  async last(texts: AsyncIterable<{ text: string }>) {
    let last = ''
    for await (const { text } of texts) last = text
    return { text: last }
  },
  async *chat(texts: AsyncIterable<{ text: string }>) {
    yield* texts
  },
}
const Shared = defineService({ name: 'Shared', methods })
const Session = defineService({ name: 'Session', scope: 'session', methods })
const services = [implement(Shared, handlers), implement(Session, () => handlers)]

const long = { text: 'long '.repeat(4_000) }
const zstd = await createZstd()

/** A compression that cannot read before `load` has resolved, which takes some turns of the event loop. */
function slow(onLoad = (): void => {}): Compression {
  let loaded = false
  return {
    compress: (bytes) => zstd.compress(bytes),
    decompress(bytes, maxBytes) {
      if (!loaded) throw new Error('not loaded')
      return zstd.decompress(bytes, maxBytes)
    },
    load: () => {
      if (loaded) return undefined
      onLoad()
      return new Promise((resolve) =>
        setTimeout(() => {
          loaded = true
          resolve()
        }, 5),
      )
    },
  }
}

describe.each(['shared service', 'session'])('of a %s', (scope) => {
  it.each<[keyof typeof methods, (calls: ReturnType<typeof createClient<typeof Shared>>) => Promise<unknown>, unknown]>(
    [
      ['echo', (calls) => calls.echo(long), long],
      [
        'twice',
        async (calls) => {
          const all = []
          for await (const one of calls.twice(long)) all.push(one)
          return all
        },
        [long, long],
      ],
      ['last', (calls) => calls.last([{ text: 'short' }, long]), long],
      [
        'chat',
        async (calls) => {
          const chat = calls.chat()
          await chat.send(long)
          await chat.send(long)
          chat.finish()
          const all = []
          for await (const one of chat) all.push(one)
          return all
        },
        [long, long],
      ],
    ],
  )('%s waits for the engine on both sides, and loses nothing', async (_method, run, expected) => {
    const [connection, peer] = memoryPair()
    const codec = new ForyCodec()
    serveConnection(peer, { services, codecs: [codec], compression: slow() })
    const options = { connection, codec, compression: slow() }
    const calls = scope === 'session' ? await openSession(Session, options) : createClient(Shared, options)
    expect(await run(calls)).toEqual(expected)
    connection.close()
  })
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all = []
  for await (const item of items) all.push(item)
  return all
}

/** A compression that cannot be loaded, like zstd without its engine: payloads go out uncompressed, and compressed ones fail. */
const broken: Compression = {
  compress: (bytes) => bytes,
  decompress: () => {
    throw new Error('not loaded')
  },
  load: () => Promise.reject(new RpcError(StatusCode.UNIMPLEMENTED, 'zstd cannot be loaded here')),
}

describe.each([
  ['the server', { server: broken, client: zstd }],
  ['the client', { server: zstd, client: broken }],
])('if %s cannot load the engine', (_side, { server, client }) => {
  it.each(['shared service', 'session'])(
    'calls of a %s with long messages say so, and others succeed',
    async (scope) => {
      const [connection, peer] = memoryPair()
      const codec = new ForyCodec()
      serveConnection(peer, { services, codecs: [codec], compression: server })
      const options = { connection, codec, compression: client }
      const open = async () => (scope === 'session' ? openSession(Session, options) : createClient(Shared, options))
      const refused = { code: StatusCode.UNIMPLEMENTED, message: expect.stringContaining('zstd cannot be loaded here') }
      const short = { text: 'short' }
      const runs: ((calls: Awaited<ReturnType<typeof open>>) => Promise<unknown>)[] = [
        (calls) => calls.echo(long),
        (calls) => collect(calls.twice(long)),
        (calls) => calls.last([short, long]),
        async (calls) => {
          const chat = calls.chat()
          await chat.send(long)
          chat.finish()
          return collect(chat)
        },
      ]
      for (const run of runs) {
        const calls = await open()
        await expect(run(calls)).rejects.toMatchObject(refused)
        // A stream that breaks may end its session, but the connection stays open.
        expect(await (await open()).echo(short)).toEqual(short)
      }
      connection.close()
    },
  )
})

it('a call of a session that is cancelled meanwhile is cancelled, and the next one waits until it is over', async () => {
  const [connection, peer] = memoryPair()
  const codec = new ForyCodec()
  serveConnection(peer, { services, codecs: [codec], compression: zstd })
  const controller = new AbortController()
  const compression = slow(() => controller.abort())
  const session = await openSession(Session, { connection, codec, compression })
  const cancelled = session.echo(long, { signal: controller.signal })
  const next = session.echo({ text: 'next' })
  await expect(cancelled).rejects.toMatchObject({ code: StatusCode.CANCELLED })
  expect(await next).toEqual({ text: 'next' })
  expect(await session.echo(long)).toEqual(long)
  connection.close()
})
