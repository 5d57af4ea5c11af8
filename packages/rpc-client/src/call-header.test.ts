import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { type Codec, defineService, type InterceptedCall, t, type Type, unary } from '@aster/rpc-core'
import { NEVER, StreamHeader } from '@aster/rpc-core/protocol'
import { describe, expect, it, vi } from 'vitest'
import { headerEncoder } from './call-header.ts'

const Item = t.struct('tests/Item', { text: t.string })
const Service = defineService({ name: 'Service', methods: { one: unary(Item, Item), two: unary(Item, Item) } })

type Fields = Partial<Pick<InterceptedCall, 'callId' | 'deadline' | 'metadata' | 'method' | 'service'>>

const callOf = (fields: Fields): InterceptedCall => ({
  side: 'client',
  service: Service,
  method: Service.methods.one,
  callId: 'abc-1',
  peer: { id: '', attributes: {} },
  request: undefined,
  metadata: {},
  deadline: undefined,
  signal: NEVER,
  ...fields,
})

const calls: readonly Fields[] = [
  { callId: 'abc-1' },
  { callId: 'abc-2' },
  { callId: 'abc-2', method: Service.methods.two },
  { callId: 'abc-z' },
  { callId: 'abc-10' },
  { callId: 'abc-11' },
  { callId: 'ab"\\1' },
  { callId: 'àbc-1' },
  { callId: '' },
  { callId: 'abc-3', metadata: { key: 'value' } },
  { callId: 'abc-4', deadline: 1_700_000_000_000.4 },
  { callId: 'abc-5', service: { ...Service, version: 7 } },
  { callId: 'abc-6', service: { ...Service, name: 'abc-6' } },
  { callId: 'abc-7' },
]

/** Counts what it encodes. */
function counting(codec: Codec): Codec & { count: number } {
  return {
    count: 0,
    mode: codec.mode,
    encode<T, I>(type: Type<T, I>, value: I) {
      this.count += 1
      return codec.encode(type, value)
    },
    decode: (type, bytes) => codec.decode(type, bytes),
  }
}

describe.each<Codec>([new ForyCodec(), new JsonCodec()])('headers of %o', (codec) => {
  it('are those that the codec writes', () => {
    const encode = headerEncoder(codec)
    for (const fields of [...calls, ...calls]) {
      const call = callOf(fields)
      const found = encode(call)
      expect(found).toEqual(
        codec.encode(StreamHeader, {
          service: call.service.name,
          method: call.method.wireName,
          version: call.service.version,
          callId: call.callId,
          deadlineEpochMs: Math.round(call.deadline ?? 0),
          serializationMode: codec.mode,
          metadataKeys: Object.keys(call.metadata),
          metadataValues: Object.values(call.metadata),
        }),
      )
      // A transport may keep or change the bytes that it sends.
      found.fill(0)
    }
  })

  it('are encoded for the first call of a method alone', () => {
    const counted = counting(codec)
    const encode = headerEncoder(counted)
    encode(callOf({ callId: 'abc-1' }))
    const { count } = counted
    for (const callId of ['abc-2', 'abc-3', 'abc-4']) encode(callOf({ callId }))
    expect(counted.count).toBe(count)
  })
})

it('checks the metadata of calls that have some, and makes lists of no others', () => {
  const encode = headerEncoder(new JsonCodec())
  const keys = vi.spyOn(Object, 'keys')
  const metadata = {}
  encode(callOf({ callId: 'abc-1', metadata }))
  expect(keys.mock.calls.some(([object]) => object === metadata)).toBe(false)
  keys.mockRestore()
  expect(() => encode(callOf({ metadata: { '': 'x' } }))).toThrow('the key "" has 0 characters')
})

describe('a codec whose bytes depend on the id', () => {
  const json = new JsonCodec()
  const summed: Codec = {
    mode: json.mode,
    encode(type, value) {
      const bytes = json.encode(type, value)
      return Uint8Array.from([...bytes, bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0)])
    },
    decode: (type, bytes) => json.decode(type, bytes.subarray(0, -1)),
  }
  const strict: Codec = {
    ...summed,
    encode(type, value) {
      if (!(value as unknown as { callId: string }).callId.startsWith('abc')) throw new Error('a foreign id')
      return json.encode(type, value)
    },
  }

  it.each([summed, strict])('has each header encoded', (codec) => {
    const encode = headerEncoder(codec)
    for (const callId of ['abc-1', 'abc-2', 'abc-3']) {
      const header = codec.decode(
        StreamHeader,
        codec === strict ? Uint8Array.from([...encode(callOf({ callId })), 0]) : encode(callOf({ callId })),
      )
      expect(header.callId).toBe(callId)
    }
    const [one, other] = [encode(callOf({ callId: 'abc-1' })), encode(callOf({ callId: 'abc-2' }))]
    if (codec === summed) expect(one.at(-1)).not.toBe(other.at(-1))
  })
})
