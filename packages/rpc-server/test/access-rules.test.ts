// A consumer without the roles that a service and a method require: its calls are refused before anything of them is read,
// in every pattern, and no code of the producer's author runs for them.
import {
  allOf,
  anyOf,
  type Codec,
  defineService,
  implement,
  type MethodDefinition,
  type MethodKind,
  type Requirement,
  type ServiceLike,
  StatusCode,
  unary,
} from '@aster/rpc-core'
import { FrameFlag, FrameStream } from '@aster/rpc-core/protocol'
import type { ServeOptions } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { serveConnection } from '@aster/rpc-server'
import {
  allCalls,
  type Answer,
  type Handler,
  InSession,
  kinds,
  Pair,
  readAnswer,
  recordedLog,
  type Scope,
  Shared,
} from './patterns.ts'
import { call, cancel, data, header, Item, json, xlang } from './raw-frames.ts'

interface Rules {
  readonly service?: string | Requirement | undefined
  /** Of every method, or of some of them. */
  readonly methods?: string | Requirement | Partial<Record<MethodKind, string | Requirement>> | undefined
}

/** What was made, and which handlers were called. */
let reached: string[] = []
let pairs: Pair[] = []
afterEach(async () => {
  for (const pair of pairs) await pair.close()
  reached = []
  pairs = []
})

const handler: Handler = (_request, { service, method }) => {
  reached.push(`${service}.${method}`)
  const response = { text: 'done' }
  return method === 'server_stream' || method === 'bidi_stream' ? [response] : response
}

const ruleOf = (rule: Rules['service']): object => (rule === undefined ? {} : { requires: rule })

function isRule(value: NonNullable<Rules['methods']>): value is string | Requirement {
  return typeof value === 'string' || 'roles' in value
}

/** Both services of the patterns, with rules. */
function guarded({ service, methods = {} }: Rules): readonly ServiceLike[] {
  const withRules = (definition: typeof Shared): typeof Shared => {
    const specs = Object.values(definition.methods).map(({ name, kind, request, response }) => {
      const rule = isRule(methods) ? methods : methods[kind]
      return [name, { kind, request, response, options: ruleOf(rule) }]
    })
    const { name, scope } = definition
    return defineService({ name, scope, ...ruleOf(service), methods: Object.fromEntries(specs) as never }) as never
  }
  const handlers = Object.fromEntries(kinds.map((kind) => [kind, handler])) as never
  const open = (): never => {
    reached.push('an instance')
    return handlers
  }
  return [implement(withRules(Shared), handlers), implement(withRules(InSession as never), open)]
}

function pairOf(services: readonly ServiceLike[], roles?: string, options: Partial<ServeOptions> = {}): Pair {
  const attributes = roles === undefined ? {} : { 'aster.role': roles }
  const pair = new Pair(handler, { services, peer: { id: 'consumer', attributes }, ...options })
  pairs.push(pair)
  return pair
}

const serviceName = (scope: Scope): string => (scope === 'shared' ? 'Shared' : 'InSession')
const methodName = (kind: MethodKind, scope: Scope): string =>
  `${serviceName(scope)}.${Shared.methods[kind as 'unary'].wireName}`

const refusedBy = (subject: string): object => ({
  responses: [],
  status: {
    code: StatusCode.PERMISSION_DENIED,
    message: `capability check failed for ${subject}`,
    detailKeys: [],
    detailValues: [],
  },
})
const refusedByService = (scope: Scope): object => refusedBy(`service '${serviceName(scope)}'`)
const refusedByMethod = (kind: MethodKind, scope: Scope): object => refusedBy(`method '${methodName(kind, scope)}'`)

/** The outcome of a call that reaches its handler. */
function expectAnswered({ responses, status }: Answer): void {
  expect([responses, status?.code ?? StatusCode.OK]).toEqual([[{ text: 'done', count: 0 }], StatusCode.OK])
}

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

  it('is refused by the rule of the service, whatever the method says, and no instance is made', async () => {
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
    // No message of any type; a compressed one, though the server has no compression.
    void frames.queue(0, Uint8Array.of(1, 2, 3))
    void frames.queue(FrameFlag.COMPRESSED, Uint8Array.of(1, 2, 3))
    if (scope === 'shared') await frames.finish()
    expect(await readAnswer(frames, false, codec)).toMatchObject(refusedByMethod(kind, scope))
    expect(decoded).not.toContain(Item)
  })

  it('is refused before its deadline is looked at', async () => {
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

  it('answers calls that were sent ahead behind a refused one', async () => {
    const { unary: _, ...rules } = others
    const pair = pairOf(guarded({ methods: rules }))
    const refused = await pair.start('clientStream', 'session', codec)
    const frames = await pair.start('unary', 'session', codec)
    expect(frames).toBe(refused)
    expect(await readAnswer(frames, false, codec)).toMatchObject(refusedByMethod('clientStream', 'session'))
    expectAnswered(await readAnswer(frames, true, codec))
  })

  it('answers a CANCEL behind a refused call, and the next call', async () => {
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

  it('without any right says still which methods there are, and ends when its consumer does', async () => {
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

describe('for all rules and roles', () => {
  const role = fc.constantFrom('ops', 'dev', 'OPS', 'a b', '*', 'é')
  const rule = fc.oneof(
    role,
    fc.array(role, { minLength: 1, maxLength: 3 }).map((roles) => anyOf(...roles)),
    fc.array(role, { minLength: 1, maxLength: 3 }).map((roles) => allOf(...roles)),
  )
  const rules = fc.record({
    service: fc.option(rule, { nil: undefined }),
    methods: fc.option(rule, { nil: undefined }),
  })
  /** Roles as a credential lists them, and as a set. */
  const held = fc
    .array(fc.tuple(role, fc.constantFrom('', ' ', '\t', '\u00a0')), { maxLength: 4 })
    .map(
      (list) => [list.map(([name, space]) => space + name + space).join(','), new Set(list.map(([n]) => n))] as const,
    )

  const isMet = (required: Rules['service'], has: ReadonlySet<string>): boolean => {
    if (required === undefined) return true
    if (typeof required === 'string') return has.has(required)
    const count = required.roles.filter((name) => has.has(name)).length
    return required.kind === 'allOf' ? count === required.roles.length : count > 0
  }

  it('a consumer without the roles reaches no handler, and one with them does', async () => {
    const calls = fc.array(fc.constantFrom(...allCalls), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(rules, held, calls, async (both, [listed, has], made) => {
        reached = []
        const isServiceMet = isMet(both.service, has)
        const isAllMet = isServiceMet && isMet(both.methods as Rules['service'], has)
        const pair = pairOf(guarded(both), listed)
        for (const [kind, scope, , codec] of made) {
          const answer = await pair.call(kind, scope, codec)
          if (isAllMet) expectAnswered(answer)
          else if (isServiceMet) expect(answer).toMatchObject(refusedByMethod(kind, scope))
          else expect(answer).toMatchObject(refusedByService(scope))
        }
        const names = made.map(([kind, scope]) => methodName(kind, scope))
        expect(reached.filter((name) => name !== 'an instance')).toEqual(isAllMet ? names : [])
        if (!isServiceMet) expect(reached).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('a malformed rule of a definition that was made by hand opens no method', async () => {
    const wrong = fc.oneof(
      fc.constantFrom(null, false, true, 0, '', ' ', [], ['ops'], {}, () => true),
      fc.record({
        kind: fc.constantFrom('anyOf', 'allOf', 'role'),
        roles: fc.constantFrom([], [''], 'ops', null, [1]),
      }),
      fc.record({ kind: fc.constantFrom('any_of', '', undefined), roles: fc.constant(['ops']) }),
    )
    const attributes = fc.constantFrom('ops', '', ' ', 'ops,1,true', 'null')
    await fc.assert(
      fc.asyncProperty(wrong, attributes, fc.boolean(), async (requires, roles, isOfService) => {
        reached = []
        const definition = defineService({ name: 'Shared', methods: { unary: unary(Item, Item) } })
        const method: MethodDefinition = definition.methods.unary
        const byHand = isOfService
          ? { ...definition, requires }
          : { ...definition, methods: { unary: { ...method, requires } } }
        const pair = pairOf([{ definition: byHand, open: () => ({ unary: handler }) }], roles)
        expect((await pair.call('unary', 'shared')).status?.code).toBe(StatusCode.PERMISSION_DENIED)
        expect(reached).toEqual([])
      }),
      { numRuns: 200 },
    )
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
