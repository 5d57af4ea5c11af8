// Calls without a definition to services that describe themselves, on our own producer over memory.
import { AsterClient, type Description, ServiceNotFoundError } from '@aster/client'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { describeServices } from '@aster/description'
import { createReflection, DescribeRequest, DescribeResponse, ReflectionService } from '@aster/reflection'
import {
  defineService,
  definitionOf,
  implement,
  implementationOf,
  type Codec,
  SerializationMode,
  type ServiceLike,
  StatusCode,
  t,
  Timestamp,
  unary,
} from '@aster/rpc-core'
import { collect, counterService, echoService, failure, Watch } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'

const Color = t.enum('tests/Color', { RED: 'red', GREEN: 'green' })
const Inner = t.struct('tests/Inner', { xPos: t.int, note: t.optional(t.string) })
const All = t.struct('tests/All', {
  flag: t.bool,
  small: t.int32,
  big: t.int64,
  ratio: t.float64,
  blob: t.bytes,
  at: t.timestamp,
  day: t.date,
  color: Color,
  names: t.set(t.string),
  counts: t.map(t.int, t.int64),
  notes: t.record(t.optional(t.string)),
  inner: Inner,
  maybeInner: t.optional(Inner),
  list: t.list(t.list(t.int)),
  withDefault: t.withDefault(t.int, 7),
})
const Values = defineService({ name: 'Values', methods: { sameThing: unary(All, All, { wireName: 'same' }) } })
const Free = t.struct('tests/Free', { value: t.any })
const Freely = defineService({ name: 'Freely', methods: { same: unary(Free, Free) } })

const open: AsterClient[] = []
let modes: (readonly [string, number])[]
let watch: Watch
beforeEach(() => {
  watch = new Watch()
  modes = []
})
afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
})

const services = (): ServiceLike[] => [
  echoService(watch),
  counterService(watch),
  implement(Values, { sameThing: (value) => value }),
  implement(Freely, { same: (value) => value }),
]

/** Records the format of each request. */
function noting(codec: Codec): Codec {
  return {
    mode: codec.mode,
    encode: (type, value) => codec.encode(type, value),
    decode: (type, bytes) => {
      const { tag = '' } = type as { tag?: string }
      if (tag.startsWith('tests/') || tag.startsWith('test')) modes.push([tag, codec.mode])
      return codec.decode(type, bytes)
    },
  }
}

async function connectTo(offered: readonly ServiceLike[]): Promise<AsterClient> {
  const codecs = [new ForyCodec(), new JsonCodec({ missing: 'default' })].map(noting)
  const producer = new LittleProducer(new MemoryNetwork(), { services: offered, codecs })
  const client = await AsterClient.connect(producer.clientOptions)
  open.push(client)
  return client
}

async function connect(isDescribed = true): Promise<AsterClient> {
  const all = services()
  const description = describeServices(all.map((one) => implementationOf(one).definition))
  const client = await connectTo([...all, createReflection(description)])
  if (isDescribed) await client.describe()
  return client
}

describe('a producer that describes itself', () => {
  it('describes all of its services, or some', async () => {
    const c = await connect()
    const all = await c.describe()
    expect(all).toEqual(describeServices(services().map((one) => implementationOf(one).definition)))
    const one = await c.describe({ services: ['Values'] })
    expect(one.services.map(({ name }) => name)).toEqual(['Values'])
    expect(one.types.map(({ tag }) => tag)).toEqual(['tests/Color', 'tests/Inner', 'tests/All'])
    expect(await failure(c.describe({ services: ['Valuse'] }))).toMatchObject({ code: StatusCode.NOT_FOUND })
  })

  it('is asked for one service after the other', async () => {
    const c = await connect(false)
    await c.describe({ services: ['Values'] })
    await c.describe({ services: ['Echo'] })
    for (const [service, method] of [
      ['Values', 'same'],
      ['Echo', 'echo'],
    ] as const)
      expect((await failure(c.dynamic(service).call(method, { other: 1 }))).code).toBe(StatusCode.INVALID_ARGUMENT)
    expect(modes).toEqual([])
  })

  it('is reported as missing by a clear error', async () => {
    const c = await connectTo(services())
    const error = await failure(c.describe())
    expect(error).toBeInstanceOf(ServiceNotFoundError)
    expect((error as Error).message).toContain('an AsterServer does with the option reflection: true')
  })

  it('can also be asked with its definition', async () => {
    const c = await connect(false)
    const text = (await (await c.client(ReflectionService)).describe({})).description
    expect((JSON.parse(text) as Description).services).toHaveLength(4)
    expect([DescribeRequest.tag, DescribeResponse.tag]).toEqual([
      'aster.reflection/DescribeRequest',
      'aster.reflection/DescribeResponse',
    ])
  })
})

describe('calls of a described service', () => {
  it('use XLANG, in every pattern, with plain values', async () => {
    const echo = (await connect()).dynamic('Echo')
    expect(await echo.call('echo', { text: 'hi', count: 2 })).toEqual({ text: 'hi', count: 2 })
    expect(await collect(echo.serverStream('count_up', { text: 'n', count: 2 }))).toEqual([
      { text: 'n', count: 0 },
      { text: 'n', count: 1 },
    ])
    expect(await echo.clientStream('add_up', [{ count: 1 }, { count: 2 }])).toEqual({ text: 'sum', count: 3 })
    await using chat = echo.bidiStream('chat')
    await chat.send({ text: 'a', count: 1 })
    expect(await chat.recv()).toEqual({ text: 'echo a', count: 2 })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
    expect(modes.map(([, mode]) => mode)).toEqual(Array(5).fill(SerializationMode.XLANG))
  })

  it('work in a session', async () => {
    await using session = await (await connect()).dynamicSession('Counter')
    expect(await session.call('add', { count: 1 })).toEqual({ text: 'total', count: 1 })
    expect(await collect(session.stream('history', { count: 1 }))).toEqual([{ text: 'h', count: 1 }])
    expect(await failure(session.call('history', {}))).toMatchObject({
      message: 'Counter.history is a serverStream method: use serverStream()',
    })
    expect(await session.call('add', { count: 1 })).toEqual({ text: 'total', count: 2 })
  })

  const complete = {
    flag: true,
    small: -5,
    big: 2n ** 62n,
    ratio: 1.5,
    blob: 'AQID',
    at: '2026-01-02T03:04:05.000Z',
    day: '2026-01-02',
    color: 'green',
    names: ['a', 'b'],
    counts: { '1': 2, '3': 2n ** 60n },
    notes: { a: 'x', b: null },
    inner: { x_pos: 1, note: null },
    maybe_inner: { x_pos: 2, note: 'n' },
    list: [[1], []],
    with_default: 9,
  }

  it.each([
    ['complete', complete],
    ['empty', {}],
    ['with null for nothing', { maybe_inner: null, inner: { note: null } }],
    ['with small integers that are bigints', { small: 3n, big: 4n, counts: { '5': 6n }, ratio: 2n }],
    ['with members that are undefined', { small: undefined, inner: { x_pos: undefined } }],
  ])('have the same answer as without, for a request %s', async (_name, request) => {
    const c = await connect(false)
    const before = await c.dynamic('Values').call('same', request)
    await c.describe()
    const after = await c.dynamic('Values').call('same', request)
    expect(after).toEqual(before)
    expect(modes.map(([, mode]) => mode)).toEqual([SerializationMode.JSON, SerializationMode.XLANG])
  })

  it('accept typed values too, and names of enum members', async () => {
    const values = (await connect()).dynamic('Values')
    const answer = await values.call('same', {
      ...complete,
      blob: Uint8Array.of(1, 2, 3),
      at: Timestamp.parse('2026-01-02T03:04:05Z'),
      color: 'GREEN',
      names: new Set(['a', 'b']),
      counts: new Map([
        [1, 2n],
        [3, 2n ** 60n],
      ]),
    })
    expect(answer).toEqual(complete)
  })

  it.each([
    ['a field that is not there', { inner: { x: 1 } }, 'inner.x: no such field in tests/Inner'],
    ['a value of another type', { list: [[1], ['a']] }, 'list[1][0]: expected an integer (int), found a string'],
    [
      'no member of an enum',
      { color: 'blue' },
      'color: expected one of "red", "green" (enum tests/Color), found "blue"',
    ],
    ['a number out of range', { small: 2 ** 40 }, 'small: expected an integer from'],
    ['a name that is not that of the wire', { maybeInner: {} }, 'maybeInner: no such field'],
  ])('are checked before they are sent: %s', async (_name, request, message) => {
    const values = (await connect()).dynamic('Values')
    expect(await failure(values.call('same', request))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      message: expect.stringContaining(message),
    })
    expect(modes).toEqual([])
  })

  it('name the intended method, and the function for its kind', async () => {
    const echo = (await connect()).dynamic('Echo')
    expect(await failure(echo.call('ecko', {}))).toMatchObject({
      code: StatusCode.UNIMPLEMENTED,
      message: "service 'Echo' has no method 'ecko'; did you mean 'echo'?",
    })
    expect(await failure(echo.call('count_up', {}))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      message: 'Echo.count_up is a serverStream method: use serverStream()',
    })
    expect(() => echo.bidiStream('echo')).toThrow('Echo.echo is a unary method: use call()')
  })

  it('use JSON if a type is any, and work as without a description', async () => {
    const freely = (await connect()).dynamic('Freely')
    expect(await freely.call('same', { value: { a: [1, 2n ** 60n, null, 'x'] } })).toEqual({
      value: { a: [1, 2n ** 60n, null, 'x'] },
    })
    expect(await failure(freely.call('same', { valeu: 1 }))).toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
    expect(modes).toEqual([['tests/Free', SerializationMode.JSON]])
  })

  it('may be described by the caller', async () => {
    const c = await connect(false)
    const description = describeServices([definitionOf(Values)])
    expect(await c.dynamic('Values', { description }).call('same', complete)).toEqual(complete)
    expect(modes.at(-1)).toEqual(['tests/All', SerializationMode.XLANG])
    expect(await c.dynamic('Echo', { description }).call('echo', {})).toEqual({ text: '', count: 0 })
    expect(modes.at(-1)?.[1]).toBe(SerializationMode.JSON)
    expect(() => c.dynamic('Values', { description: {} as never })).toThrow('description: asterDescription')
  })
})
