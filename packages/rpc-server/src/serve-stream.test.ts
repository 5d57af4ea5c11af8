// The frames of one stream, as a consumer other than our client writes and reads them.
import { type ByteStream, implement, type Infer, type Logger, RpcError, StatusCode } from '@aster/rpc-core'
import {
  AbortScope,
  decodeStatus,
  encodeFrames,
  type Frame,
  FrameFlag,
  FrameReader,
  FrameStream,
  noticesOf,
} from '@aster/rpc-core/protocol'
import { type MemoryConnection, memoryPair } from '@aster/transport-memory'
import { beforeEach, describe, expect, it } from 'vitest'
import { call, cancel, data, header, InSession, Item, json, Shared, trailer, xlang } from '../test/raw-frames.ts'
import type { ConnectionContext } from './connection-context.ts'
import { ConnectionGuard } from './connection-guard.ts'
import { StreamFormats } from './formats.ts'
import { ServiceRegistry } from './registry.ts'
import { KnownHeaders } from './known-headers.ts'
import { serveStream } from './serve-stream.ts'

type Item = Infer<typeof Item>

const { OK, CANCELLED, FAILED_PRECONDITION, INTERNAL, NOT_FOUND, UNAVAILABLE, UNKNOWN } = StatusCode

/** The writes of the producer, one entry for each: the frames, and whether the write ends the stream. */
let writes: string[][]
/** The states of the stream, the disposals, and the lines of the log. */
let events: string[]
let peer: MemoryConnection
let scope: AbortScope
let refusing: AbortScope
beforeEach(() => {
  writes = []
  events = []
  scope = new AbortScope()
  refusing = new AbortScope()
})

const handlers = {
  echo(item: Item): Item {
    if (item.text === 'crash') throw new Error('secret')
    return item
  },
  *count({ count }: Item): Generator<Item> {
    for (let i = 0; i < count; i++) yield { text: 'n', count: i }
  },
  async *chat(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    for await (const item of items) yield item
  },
}

const services = [
  implement(Shared, handlers),
  implement(InSession, ({ attributes }) => {
    if (attributes['crash'] !== undefined) throw new Error('secret')
    return { ...handlers, [Symbol.dispose]: () => void events.push('disposed') }
  }),
]

const logger: Logger = {
  debug: (_fields, text) => void events.push(text),
  info: () => {},
  warn: () => {},
  error(fields, text) {
    const { call, callId } = fields as { call?: string; callId?: string }
    events.push(`${text}: ${call}, ${callId}`)
  },
}

function connectionOf(attributes: Record<string, string>): ConnectionContext {
  const options = { services, codecs: [xlang, json], logger }
  return {
    options,
    notices: noticesOf(undefined),
    registry: new ServiceRegistry(services),
    known: new KnownHeaders(),
    formats: new StreamFormats(options),
    guard: new ConnectionGuard('consumer', options),
    peer: { id: 'consumer', attributes },
    intercept: undefined,
    refusing,
    largeResponses: new WeakSet(),
    wasFullAt: () => false,
  }
}

/** Returns a frame in words. */
function words({ flags, payload }: Frame): string {
  if ((flags & FrameFlag.TRAILER) === 0) return json.decode(Item, payload).text
  const { code, message } = decodeStatus(payload, json, xlang)
  return code === OK ? 'OK' : `${code} ${message}`
}

/** Returns the stream, with a record of every write, and of a finish without a write. */
function recorded(stream: ByteStream): ByteStream {
  return {
    read: () => stream.read(),
    write(bytes, options) {
      const reader = new FrameReader()
      reader.push(bytes)
      const seen: string[] = []
      for (let frame; (frame = reader.next()) !== undefined;) seen.push(words(frame))
      if (options?.finish === true) seen.push('end')
      writes.push(seen)
      return stream.write(bytes, options)
    },
    finish() {
      writes.push(['end'])
      return stream.finish()
    },
    reset: (code) => (writes.push([`reset ${code}`]), stream.reset(code)),
    stop: (code) => (writes.push([`stop ${code}`]), stream.stop(code)),
  }
}

interface Consumer {
  readonly sending: ByteStream
  readonly frames: FrameStream
  /** Resolves when the producer is done with the stream. */
  readonly served: Promise<void>
}

async function serve(bytes: Uint8Array, attributes: Record<string, string> = {}): Promise<Consumer> {
  const [consumer, producer] = memoryPair()
  peer = consumer
  const sending = await consumer.openStream()
  if (bytes.length > 0) await sending.write(bytes)
  else await sending.finish()
  const { value: stream } = await producer.incomingStreams()[Symbol.asyncIterator]().next()
  const setState = (state: string): void => void events.push(state)
  const served = serveStream(recorded(stream), connectionOf(attributes), { scope, setState })
  return { sending, frames: new FrameStream(sending), served }
}

/** Serves a stream of a consumer that sends these frames and finishes. Resolves when the producer is done with the stream. */
async function serveAll(...frames: Frame[]): Promise<void> {
  const { sending, served } = await serve(encodeFrames(...frames))
  await sending.finish()
  await served
}

const echo = header({ service: 'Shared', method: 'echo' })
const session = header({ service: 'InSession' })

describe('a stream with a call', () => {
  it('is answered in one write, with its trailer and its end', async () => {
    await serveAll(echo, data({ text: 'hi' }))
    expect(writes).toEqual([['hi', 'OK', 'end']])
    expect(events).toEqual(['running', 'answered'])
  })

  it('is answered in one write if its look-up fails', async () => {
    await serveAll(header({ service: 'Other', method: 'echo' }), data({}))
    expect(writes).toEqual([[`${NOT_FOUND} service 'Other' is not offered here`, 'end']])
    expect(events).toEqual(['running', 'answered'])
  })

  it('has a trailer after streamed responses', async () => {
    await serveAll(header({ service: 'Shared', method: 'count' }), data({ count: 3 }))
    expect(writes.flat()).toEqual(['n', 'n', 'n', 'OK', 'end'])
  })

  it('has responses while requests still arrive', async () => {
    const { sending, frames, served } = await serve(encodeFrames(header({ service: 'Shared', method: 'chat' })))
    for (const text of ['one', 'two']) {
      await sending.write(encodeFrames(data({ text })))
      expect(words((await frames.read()) as Frame)).toBe(text)
    }
    await sending.write(encodeFrames(trailer(OK)), { finish: true })
    expect(words((await frames.read()) as Frame)).toBe('OK')
    await served
  })

  it('hides the exception of a handler, and logs it under the name of the call', async () => {
    await serveAll(header({ service: 'Shared', method: 'echo', callId: 'one' }), data({ text: 'crash' }))
    expect(writes).toEqual([[`${UNKNOWN} the handler failed (call one)`, 'end']])
    expect(events).toEqual(['running', 'a handler failed: Shared.echo, one', 'answered'])
  })

  it('is done with only when the consumer has finished too', async () => {
    const { sending, frames, served } = await serve(encodeFrames(echo, data({ text: 'hi' })))
    while ((await frames.read()) !== undefined) continue
    let isDone = false
    void served.then(() => (isDone = true))
    await sending.write(encodeFrames(data({ text: 'more' })))
    await new Promise((resolve) => setImmediate(resolve))
    expect([events, isDone]).toEqual([['running', 'answered'], false])
    await sending.finish()
    await served
  })
})

describe('a stream that opens nothing', () => {
  it('is abandoned without an answer if it ends before a frame', async () => {
    const { served } = await serve(new Uint8Array(0))
    await served
    expect(writes).toEqual([['stop 1'], ['reset 1']])
    expect(events).toEqual([])
  })

  it('is abandoned without an answer if the connection is gone', async () => {
    const { served } = await serve(encodeFrames(echo).subarray(0, 3))
    peer.close()
    await served
    expect(writes).toEqual([['stop 1'], ['reset 1']])
  })

  it('is answered with INTERNAL if its first frame is cut short', async () => {
    const { sending, served } = await serve(encodeFrames(echo).subarray(0, 9))
    await sending.finish()
    await served
    expect(writes).toEqual([[expect.stringContaining(`${INTERNAL} the stream ended in the middle`), 'end']])
  })

  it('is answered with the reason, and not counted as running, if it is refused', async () => {
    scope.abort(new RpcError(UNAVAILABLE, 'enough'))
    await serveAll(echo, data({ text: 'hi' }))
    expect(writes).toEqual([[`${UNAVAILABLE} enough`, 'end']])
    expect(events).toEqual(['answered'])
  })
})

describe('a stream with a session', () => {
  it('answers call after call, with a trailer only after streamed responses', async () => {
    const { sending, frames, served } = await serve(encodeFrames(session))
    const answers: string[] = []
    for (const [method, count] of [
      ['echo', 1],
      ['count', 3],
      ['echo', 1],
    ] as const) {
      await sending.write(encodeFrames(call({ method }), data({ text: method, count: 2 })))
      for (let i = 0; i < count; i++) answers.push(words((await frames.read()) as Frame))
    }
    expect(answers).toEqual(['echo', 'n', 'n', 'OK', 'echo'])
    expect(events).toEqual(['running'])
    await sending.finish()
    await served
    expect(writes.at(-1)).toEqual(['end'])
    expect(events).toEqual(['running', 'disposed', 'answered'])
  })

  it('goes on after a call that fails, and skips the rest of that call', async () => {
    const other = call({ method: 'other' })
    await serveAll(session, other, data({}), data({}), cancel, call({ method: 'echo' }), data({ text: 'hi' }))
    expect(writes.flat()).toEqual([
      `12 service 'InSession' has no method 'other'`,
      `${CANCELLED} the consumer cancelled the call`,
      'hi',
      'end',
    ])
  })

  it('answers a CALL whose header cannot be read with INTERNAL', async () => {
    await serveAll(session, { flags: FrameFlag.CALL, payload: Uint8Array.of(1) })
    expect(writes.flat()).toEqual([expect.stringContaining(`${INTERNAL} the call's header cannot be read: `), 'end'])
  })

  it('ends with a frame that belongs to no call', async () => {
    await serveAll(session, data({}), call({ method: 'echo' }), data({ text: 'hi' }))
    expect(writes.flat()).toEqual([`${FAILED_PRECONDITION} Expected CALL frame`, 'end'])
    expect(events).toEqual(['running', 'disposed', 'answered'])
  })

  it('ends with the reason when no more calls are accepted', async () => {
    const { sending, served } = await serve(encodeFrames(session))
    await new Promise((resolve) => setImmediate(resolve))
    refusing.abort(new RpcError(UNAVAILABLE, 'enough'))
    await sending.finish()
    await served
    expect(writes.flat()).toEqual([`${UNAVAILABLE} enough`, 'end'])
  })

  it('is answered with a trailer if its instance cannot be made', async () => {
    const bytes = encodeFrames(header({ service: 'InSession', callId: 'one' }))
    const { sending, served } = await serve(bytes, { crash: '' })
    await sending.finish()
    await served
    expect(writes).toEqual([[`${UNKNOWN} the handler failed (call one)`, 'end']])
    expect(events).toEqual(['running', 'a handler failed: a session of InSession, one', 'answered'])
  })

  it('is broken off when the connection is lost, and its instance is disposed', async () => {
    const { served } = await serve(encodeFrames(session))
    await new Promise((resolve) => setImmediate(resolve))
    peer.close()
    await served
    expect(events).toEqual(['running', 'a session was broken off', 'disposed', 'answered'])
  })
})
