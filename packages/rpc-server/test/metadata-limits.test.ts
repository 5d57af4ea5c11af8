// What a producer makes of metadata that no client of ours sends.
import { JsonCodec } from '@aster/codec-json'
import { defineService, type HandlerContext, implement, StatusCode, unary } from '@aster/rpc-core'
import { CallHeader, FrameFlag, FrameStream, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Item } from '@aster/test-services'

const methods = { tell: unary(Item, Item) }
const Shared = defineService({ name: 'Shared', methods })
const InSession = defineService({ name: 'InSession', scope: 'session', methods })

/** Answers with the metadata. */
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
beforeEach(async () => {
  const [consumer, producer] = memoryPair()
  const services = [implement(Shared, handlers), implement(InSession, () => handlers)]
  const served = serveConnection(producer, { services, codecs: [codec] })
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

it.each<[string, Lists, string]>([
  ['a surplus key', { metadataKeys: ['a', 'b'], metadataValues: ['1'] }, '{"a":"1"}'],
  ['a surplus value', { metadataKeys: ['a'], metadataValues: ['1', '2'] }, '{"a":"1"}'],
  ['the first of equal keys', { metadataKeys: ['a', 'a'], metadataValues: ['1', '2'] }, '{"a":"2"}'],
])('drops %s', async (_what, lists, text) => {
  open('Shared', 'tell', lists)
  ask()
  expect(await answer()).toMatchObject({ text })
})
