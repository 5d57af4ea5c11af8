// If a consumer does not have the roles that a service or method requires, its calls are refused in every pattern, before their
// requests are read and before any code of the user runs.
import { allOf, anyOf, type Codec, StatusCode } from '@aster/rpc-core'
import { FrameFlag, FrameStream } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, describe, expect, it } from 'vitest'
import {
  closePairs,
  expectAnswered,
  guarded,
  methodName,
  pairOf,
  reached,
  refusedByMethod,
  refusedByService,
  type Rules,
} from './guarded.ts'
import { allCalls, kinds, readAnswer, recordedLog, Shared } from './patterns.ts'
import { call, cancel, data, header, Item, json, xlang } from './raw-frames.ts'

afterEach(closePairs)

describe.each(allCalls)('a %s call (%s, %s)', (kind, scope, _format, codec) => {
  it.each<[string, Rules, string | undefined]>([
    ['no roles', { methods: 'ops' }, undefined],
    ['another role', { methods: 'ops' }, 'dev,OPS,ops.logs'],
    ['none of the roles', { methods: anyOf('ops', 'dev') }, 'admin'],
    ['one role of two', { methods: allOf('ops', 'dev') }, 'dev'],
    ['the role of the service alone', { service: 'dev', methods: 'ops' }, 'dev'],
  ])('is refused by the rule of the method with %s', async (_what, rules, roles) => {
    const intercepted: string[] = []
    const pair = pairOf(guarded(rules), roles, {
      interceptors: [(c, next) => (intercepted.push(c.method.name), next(c))],
    })
    expect(await pair.call(kind, scope, codec)).toMatchObject(refusedByMethod(kind, scope))
    expect(await pair.call(kind, scope, codec)).toMatchObject(refusedByMethod(kind, scope))
    expect(reached.filter((name) => name !== 'an instance')).toEqual([])
    expect(intercepted).toEqual([])
  })

  it('is refused by the rule of the service, for any rule of the method, and no instance is made', async () => {
    const pair = pairOf(guarded({ service: 'ops', methods: 'dev' }), 'dev')
    expect(await pair.call(kind, scope, codec)).toMatchObject(refusedByService(scope))
    expect(await pair.call(kind, scope, codec)).toMatchObject(refusedByService(scope))
    expect(reached).toEqual([])
  })

  it('is answered if both rules hold', async () => {
    const pair = pairOf(guarded({ service: anyOf('a', 'ops'), methods: allOf('ops', 'dev') }), ' ops,\u2003dev')
    expectAnswered(await pair.call(kind, scope, codec))
    expect(reached.at(-1)).toBe(methodName(kind, scope))
  })

  it('is refused before its request is decoded', async () => {
    const decoded: unknown[] = []
    const spied: Codec = {
      mode: codec.mode,
      encode: (type, value) => codec.encode(type, value),
      decode(type, bytes) {
        decoded.push(type)
        return codec.decode(type, bytes)
      },
    }
    const pair = pairOf(guarded({ methods: 'ops' }), 'dev', { codecs: [spied] })
    const frames = await pair.open(scope, codec, { method: Shared.methods[kind as 'unary'].wireName })
    // The first is not a message of any type; the second is compressed, but the server has no compression.
    void frames.queue(0, Uint8Array.of(1, 2, 3))
    void frames.queue(FrameFlag.COMPRESSED, Uint8Array.of(1, 2, 3))
    if (scope === 'shared') await frames.finish()
    expect(await readAnswer(frames, false, codec)).toMatchObject(refusedByMethod(kind, scope))
    expect(decoded).not.toContain(Item)
  })

  it('is refused before its deadline is checked', async () => {
    const pair = pairOf(guarded({ methods: 'ops' }))
    expect(await pair.call(kind, scope, codec, { deadlineEpochMs: 1 })).toMatchObject(refusedByMethod(kind, scope))
  })
})

describe.each([
  ['JSON', json],
  ['XLANG', xlang],
])('a session in %s', (_format, codec) => {
  const others = { unary: 'ops', serverStream: 'ops', clientStream: 'ops', bidiStream: 'ops' } as const

  it.each(kinds)('goes on after a %s call that was refused', async (kind) => {
    for (const next of kinds) {
      const { [next]: _, ...rules } = others
      if (next === kind) continue
      const pair = pairOf(guarded({ methods: rules }))
      for (let i = 0; i < 3; i++) {
        expect(await pair.call(kind, 'session', codec)).toMatchObject(refusedByMethod(kind, 'session'))
        expectAnswered(await pair.call(next, 'session', codec))
      }
    }
    expect(reached.filter((name) => name === methodName(kind, 'session'))).toEqual([])
  })

  it('answers calls that were sent together with a refused one', async () => {
    const { unary: _, ...rules } = others
    const pair = pairOf(guarded({ methods: rules }))
    const refused = await pair.start('clientStream', 'session', codec)
    const frames = await pair.start('unary', 'session', codec)
    expect(frames).toBe(refused)
    expect(await readAnswer(frames, false, codec)).toMatchObject(refusedByMethod('clientStream', 'session'))
    expectAnswered(await readAnswer(frames, true, codec))
  })

  it('answers a CANCEL after a refused call, and the next call', async () => {
    const { unary: _, ...rules } = others
    const pair = pairOf(guarded({ methods: rules }))
    for (const kind of kinds.slice(1)) {
      const frames = await pair.open('session', codec, { method: Shared.methods[kind as 'unary'].wireName })
      void frames.queue(cancel.flags, cancel.payload)
      expect(await readAnswer(frames, false, codec)).toMatchObject(refusedByMethod(kind, 'session'))
      expect((await readAnswer(frames, false, codec)).status?.code).toBe(StatusCode.CANCELLED)
      expectAnswered(await pair.call('unary', 'session', codec))
    }
  })

  it('reports missing methods even to a peer without roles, and ends when its consumer does', async () => {
    const [consumer, producer] = memoryPair()
    const services = guarded({ service: 'ops' })
    const served = serveConnection(producer, { services, codecs: [json, xlang], peer: { id: 'c', attributes: {} } })
    const frames = new FrameStream(await consumer.openStream())
    const all = [
      header({ service: 'InSession' }, codec),
      call({ method: 'other' }, codec),
      data({}, codec),
      call({ method: 'unary' }, codec),
      data({}, codec),
    ]
    for (const { flags, payload } of all) void frames.queue(flags, payload)
    await frames.finish()
    expect((await readAnswer(frames, false, codec)).status?.code).toBe(StatusCode.UNIMPLEMENTED)
    expect(await readAnswer(frames, false, codec)).toMatchObject(refusedByService('session'))
    expect(await readAnswer(frames, false, codec)).toEqual({ responses: [], status: undefined, end: 'finished' })
    consumer.close()
    await served.done
    expect(reached).toEqual([])
  })
})

it('a refused call is logged once for a peer and a method, with the rule and the roles', async () => {
  const { lines, logger: recording } = recordedLog()
  const fields: object[] = []
  const logger: typeof recording = {
    ...recording,
    warn(seen, message) {
      fields.push(seen)
      recording.warn(seen, message)
    },
  }
  const pair = pairOf(guarded({ methods: 'ops' }), 'dev', { logger })
  for (let i = 0; i < 3; i++) await pair.call('unary', 'shared')
  await pair.call('bidiStream', 'shared')
  expect(lines).toEqual([
    "warn a call was refused: no role for method 'Shared.unary'",
    "warn a call was refused: no role for method 'Shared.bidi_stream'",
  ])
  expect(fields[0]).toMatchObject({
    call: 'Shared.unary',
    peer: 'consumer',
    requires: { kind: 'role', roles: ['ops'] },
    roles: 'dev',
  })
})
