import { RpcError, StatusCode } from '@aster/rpc-core'
import { AbortScope, encodeFrames, type Frame, FrameFlag, FrameStream } from '@aster/rpc-core/protocol'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'
import { call, cancel, data, Item, json, trailer, xlang } from '../test/raw-frames.ts'
import { StreamFormats } from './formats.ts'
import { Incoming } from './incoming.ts'
import { abortIfWithdrawn, readRequest, type RequestRules, type RequestSource, requestStream } from './requests.ts'

const format = new StreamFormats({ codecs: [json, xlang] }).ofHeader(data({}))
const { OK, CANCELLED, FAILED_PRECONDITION, INVALID_ARGUMENT, RESOURCE_EXHAUSTED } = StatusCode
const garbage: Frame = { flags: 0, payload: new TextEncoder().encode('{"text":') }

/** Returns the requests of a consumer that has sent these frames and finished. */
async function source(rules: RequestRules, ...frames: Frame[]): Promise<RequestSource> {
  const [consumer, producer] = memoryPair()
  const sending = await consumer.openStream()
  const bytes = encodeFrames(data({ text: 'first' }), ...frames)
  await sending.write(bytes, { finish: true })
  const { value: stream } = await producer.incomingStreams()[Symbol.asyncIterator]().next()
  const received = new FrameStream(stream)
  await received.read()
  const scope = new AbortScope()
  return { rules, incoming: new Incoming(received, (error) => scope.abort(error)), format, scope, complete: false }
}

/** Iterates over the requests as a handler does. Returns the text of each request, and the error. */
async function collect(requests: AsyncIterable<unknown>): Promise<(string | RpcError)[]> {
  const seen: (string | RpcError)[] = []
  try {
    for await (const item of requests) seen.push((item as { text: string }).text)
  } catch (error) {
    seen.push(error as RpcError)
  }
  return seen
}

const error = (code: StatusCode, message: string): unknown => expect.objectContaining({ code, message })

describe.each<RequestRules>(['stream', 'session'])('the only request, by the rules of a %s', (rules) => {
  it('is read, and completes what the consumer sends', async () => {
    const requests = await source(rules, data({ text: 'one', count: 1 }), data({ text: 'two' }))
    expect(await readRequest(requests, Item)).toEqual({ text: 'one', count: 1 })
    expect(requests.complete).toBe(true)
    expect(requests.scope.aborted).toBe(false)
  })

  it('may have flags that have no name', async () => {
    const requests = await source(rules, { ...data({ text: 'one' }), flags: 0xc0 })
    expect(await readRequest(requests, Item)).toMatchObject({ text: 'one' })
  })

  it.each<[string, Frame[]]>([
    ['the end of the stream', []],
    ['a trailer', [trailer(OK), data({})]],
  ])('does not come after %s', async (_what, frames) => {
    const requests = await source(rules, ...frames)
    const wanted = error(INVALID_ARGUMENT, 'the requests ended before the first one')
    await expect(readRequest(requests, Item)).rejects.toEqual(wanted)
    expect(requests.complete).toBe(false)
  })

  it('fails if it cannot be decoded, but counts as complete', async () => {
    const requests = await source(rules, garbage)
    await expect(readRequest(requests, Item)).rejects.toThrow('the request cannot be read: ')
    expect(requests.complete).toBe(true)
  })

  it('fails with the reason of a scope that has aborted', async () => {
    const requests = await source(rules, data({}))
    const reason = new RpcError(StatusCode.DEADLINE_EXCEEDED, 'late')
    requests.scope.abort(reason)
    await expect(readRequest(requests, Item)).rejects.toBe(reason)
  })
})

describe.each<RequestRules>(['stream', 'session'])('the requests of a stream, by the rules of a %s', (rules) => {
  it.each<[string, Frame[]]>([
    ['the end of the stream', []],
    ['a trailer with OK', [trailer(OK), data({ text: 'behind' })]],
    ['a trailer with OK in the other format', [trailer(OK, xlang)]],
  ])('end with %s', async (_what, frames) => {
    const requests = await source(rules, data({ text: 'one' }), data({ text: 'two' }), ...frames)
    expect(await collect(requestStream(requests, Item))).toEqual(['one', 'two'])
    expect(requests.complete).toBe(true)
    expect(requests.scope.aborted).toBe(false)
  })

  it('skip frames without data', async () => {
    const schema = { flags: FrameFlag.ROW_SCHEMA, payload: Uint8Array.of(1) }
    const requests = await source(rules, schema, data({ text: 'one' }), call({}))
    expect(await collect(requestStream(requests, Item))).toEqual(['one'])
  })

  it.each<[string, Frame[], unknown]>([
    ['withdrawn', [trailer(CANCELLED)], error(CANCELLED, 'the consumer withdrew the call')],
    ['withdrawn in the other format', [trailer(13, xlang)], error(CANCELLED, 'the consumer withdrew the call')],
    ['not decodable', [garbage], expect.objectContaining({ message: expect.stringMatching(/^the request cannot be/) })],
    ['too many', [data({}), data({})], error(RESOURCE_EXHAUSTED, 'more than 2 requests in one call')],
  ])('fail, and the call with them, if they are %s', async (_what, frames, wanted) => {
    const requests = await source(rules, data({ text: 'one' }), ...frames)
    const stream = requestStream(requests, Item, 2)
    expect((await collect(stream)).filter((one) => one !== '')).toEqual(['one', wanted])
    expect(requests.scope.reason).toEqual(wanted)
    expect(requests.complete).toBe(false)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('are over for a handler that leaves them, but not for the consumer', async () => {
    const requests = await source(rules, data({ text: 'one' }), data({ text: 'two' }))
    const stream = requestStream(requests, Item)
    for await (const _ of stream) break
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(requests.complete).toBe(false)
  })

  it.each<[string, Frame | undefined, boolean]>([
    ['a trailer with an error', trailer(CANCELLED), true],
    ['a trailer with OK', trailer(OK), false],
    ['a request', data({}), false],
    ['the end of the stream', undefined, false],
  ])('of a silent handler: %s withdraws the call: %s', async (_what, frame, withdraws) => {
    const requests = await source(rules)
    abortIfWithdrawn(frame, requests)
    expect(requests.scope.aborted).toBe(withdraws)
  })
})

describe('CALL and CANCEL', () => {
  const cancelled = error(CANCELLED, 'the consumer cancelled the call')

  it('mean nothing by the rules of a stream', async () => {
    const single = await source('stream', cancel, call({}), data({ text: 'one' }))
    expect(await readRequest(single, Item)).toMatchObject({ text: 'one' })
    const many = await source('stream', cancel, data({ text: 'one' }), cancel, call({}), data({ text: 'two' }))
    expect(await collect(requestStream(many, Item))).toEqual(['one', 'two'])
  })

  it('end a call by the rules of a session', async () => {
    const behindCancel = await source('session', cancel, data({}))
    await expect(readRequest(behindCancel, Item)).rejects.toEqual(cancelled)
    const behindCall = await source('session', call({}), data({}))
    const early = error(FAILED_PRECONDITION, 'CALL frame before request')
    await expect(readRequest(behindCall, Item)).rejects.toEqual(early)
    expect([behindCancel.complete, behindCall.complete]).toEqual([false, false])
    const many = await source('session', data({ text: 'one' }), cancel)
    expect(await collect(requestStream(many, Item))).toEqual(['one', cancelled])
    expect(many.scope.reason).toEqual(cancelled)
  })
})
