// Metadata that our client never sends: the producer refuses or ignores it.
import { JsonCodec } from '@aster/codec-json'
import { defineService, type HandlerContext, implement, StatusCode, unary } from '@aster/rpc-core'
import { CallHeader, FrameFlag, FrameStream, nextCallId, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { type Refusal, serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Item } from '@aster/test-services'

const methods = { tell: unary(Item, Item) }
const Shared = defineService({ name: 'Shared', methods })
const InSession = defineService({ name: 'InSession', scope: 'session', methods })

/** A handler that answers with the metadata. */
const handlers = { tell: (_item: Item, { metadata }: HandlerContext) => ({ text: JSON.stringify(metadata) }) }

const codec = new JsonCodec()
const fill = (count: number, text: string): string[] => Array.from({ length: count }, (_, i) => `${text}${i}`)

interface Lists {
  readonly metadataKeys: string[]
  readonly metadataValues: string[]
}

const tooMuch: readonly (readonly [string, Lists, string])[] = [
  ['65 entries', { metadataKeys: fill(65, 'k'), metadataValues: fill(65, 'v') }, '65 entries, and at most 64'],
  ['a long key', { metadataKeys: ['k'.repeat(257)], metadataValues: [''] }, 'has 257 characters, and at most 256'],
  [
    'a long value',
    { metadataKeys: ['k'], metadataValues: ['v'.repeat(4_097)] },
    'has 4097 characters, and at most 4096',
  ],
  [
    '9,000 bytes',
    { metadataKeys: ['a', 'b', 'c'], metadataValues: fill(3, 'v'.repeat(3_000)) },
    'bytes in all, and at most 8192',
  ],
]

let stream: FrameStream
let release: () => Promise<void>
let refusals: Refusal[]
beforeEach(async () => {
  refusals = []
  const [consumer, producer] = memoryPair()
  const services = [implement(Shared, handlers), implement(InSession, () => handlers)]
  const served = serveConnection(producer, {
    services,
    codecs: [codec],
    onRefusal: (refusal) => void refusals.push(refusal),
  })
  stream = new FrameStream(await consumer.openStream())
  release = async () => {
    consumer.close()
    await served.done
  }
})
afterEach(() => release())

const open = (service: string, method: string, lists?: Lists): void =>
  void stream.queue(
    FrameFlag.HEADER,
    codec.encode(StreamHeader, { service, method, version: 1, serializationMode: 3, ...lists }),
  )
const call = (lists?: Lists): void =>
  void stream.queue(FrameFlag.CALL, codec.encode(CallHeader, { method: 'tell', ...lists }))
const ask = (): void => void stream.queue(0, codec.encode(Item, {}))

async function answer(): Promise<unknown> {
  const frame = await stream.read()
  if (frame === undefined) return 'the end'
  const { flags, payload } = frame
  return (flags & FrameFlag.TRAILER) === 0 ? codec.decode(Item, payload) : codec.decode(RpcStatus, payload)
}

const refusal = (text: string) => ({ code: StatusCode.RESOURCE_EXHAUSTED, message: expect.stringContaining(text) })

describe.each(tooMuch)('%s', (_what, lists, text) => {
  it('is refused on a shared service, naming the limit', async () => {
    open('Shared', 'tell', lists)
    ask()
    expect(await answer()).toMatchObject(refusal(text))
    expect(await answer()).toBe('the end')
  })

  it('is refused in a session, which stays usable', async () => {
    open('InSession', '')
    for (let i = 0; i < 2; i++) {
      call(lists)
      ask()
      expect(await answer()).toMatchObject(refusal(text))
      call()
      ask()
      expect(await answer()).toMatchObject({ text: '{}' })
    }
  })
})

it('drops the first of equal keys', async () => {
  open('Shared', 'tell', { metadataKeys: ['a', 'a'], metadataValues: ['1', '2'] })
  ask()
  expect(await answer()).toMatchObject({ text: '{"a":"2"}' })
})

const unfit: readonly (readonly [string, Lists, string])[] = [
  ['a surplus key', { metadataKeys: ['a', 'b'], metadataValues: ['1'] }, '2 keys and 1 values'],
  ['a surplus value', { metadataKeys: ['a'], metadataValues: ['1', '2'] }, '1 keys and 2 values'],
  ['a key with an escape', { metadataKeys: ['\u001b[2J'], metadataValues: [''] }, 'the key "\\u001b[2J" has control'],
  ['a key with a bidi mark', { metadataKeys: ['a\u202e'], metadataValues: [''] }, 'the key "a\\u202e" has control'],
]

describe.each(unfit)('%s', (_what, lists, text) => {
  const refused = { code: StatusCode.INVALID_ARGUMENT, message: expect.stringContaining(text) }

  it('is refused on a shared service', async () => {
    open('Shared', 'tell', lists)
    ask()
    expect(await answer()).toMatchObject(refused)
  })

  it('is refused in a session, which stays usable, and at its opening', async () => {
    open('InSession', '')
    call(lists)
    ask()
    expect(await answer()).toMatchObject(refused)
    call()
    ask()
    expect(await answer()).toMatchObject({ text: '{}' })
  })
})

it('is counted before equal keys are merged', async () => {
  const many = Array.from({ length: 65 }, () => 'k')
  open('Shared', 'tell', { metadataKeys: many, metadataValues: many })
  ask()
  expect(await answer()).toMatchObject(refusal('65 entries, and at most 64'))
  expect(refusals).toEqual([
    { cause: 'metadata', peer: expect.any(String), message: 'metadata: 65 entries, and at most 64 are allowed' },
  ])
})

describe('names and ids', () => {
  const long = 'n'.repeat(60_000)
  const { RESOURCE_EXHAUSTED, INVALID_ARGUMENT } = StatusCode
  it.each([
    ['service', { service: long, method: 'tell' }, RESOURCE_EXHAUSTED, 'the service name has 60000 characters'],
    ['method', { service: 'Shared', method: long }, RESOURCE_EXHAUSTED, 'the method name has 60000 characters'],
    ['method', { service: 'InSession', method: long }, RESOURCE_EXHAUSTED, 'the method name has 60000 characters'],
    ['call', { service: 'Shared', method: 'tell', callId: long }, RESOURCE_EXHAUSTED, 'the call id has 60000'],
    ['session', { service: 'InSession', method: '', callId: long }, RESOURCE_EXHAUSTED, 'the call id has 60000'],
    ['service', { service: 'a\u009b31m', method: 'tell' }, INVALID_ARGUMENT, 'the service name has control'],
    ['method', { service: 'Shared', method: 'te\u202ell' }, INVALID_ARGUMENT, 'the method name has control'],
    ['call', { service: 'Shared', method: 'tell', callId: '\u001b[2J' }, INVALID_ARGUMENT, 'the call id has control'],
  ])('of a %s are refused, and not repeated: %#', async (_of, fields, code, text) => {
    const payload = codec.encode(StreamHeader, { version: 1, serializationMode: 3, ...fields })
    void stream.queue(FrameFlag.HEADER, payload)
    ask()
    const status = (await answer()) as RpcStatus
    expect(status).toMatchObject({ code, message: expect.stringContaining(text) })
    expect(status.message.length).toBeLessThan(200)
    expect(refusals).toMatchObject([{ cause: 'metadata', message: status.message }])
  })

  it('of a call within a session are refused, and the session goes on', async () => {
    open('InSession', '')
    for (const fields of [{ method: long }, { method: 'tell', callId: long }]) {
      void stream.queue(FrameFlag.CALL, codec.encode(CallHeader, fields))
      ask()
      expect(await answer()).toMatchObject({ code: RESOURCE_EXHAUSTED })
    }
    expect(refusals).toHaveLength(2)
    call()
    ask()
    expect(await answer()).toMatchObject({ text: '{}' })
  })

  it('that Python and this project make are accepted', async () => {
    open('InSession', '')
    for (const callId of ['6f9619ff-8b86-d011-b42d-00c04fc964ff', nextCallId(), 'ä'.repeat(256)]) {
      void stream.queue(FrameFlag.CALL, codec.encode(CallHeader, { method: 'tell', callId }))
      ask()
      expect(await answer()).toMatchObject({ text: '{}' })
    }
    expect(refusals).toEqual([])
  })
})
