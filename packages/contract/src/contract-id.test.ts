import {
  allOf,
  anyOf,
  AsterError,
  defineService,
  rpc,
  service,
  type StructType,
  t,
  type Type,
  unary,
} from '@aster/rpc-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalContract, contractId } from './contract-id.ts'

const Empty = t.struct('test/Empty', {})
const withField = (type: Type, tag = 'test/One'): StructType => t.struct(tag, { value: type })
const idOf = (request: Type, response: Type = Empty): string =>
  contractId(defineService({ name: 'S', methods: { m: unary(request, response) } }))

describe('contractId', () => {
  it('is 64 hex digits, the same each time', () => {
    const Service = defineService({ name: 'S', methods: { m: unary(Empty, Empty) } })
    expect(contractId(Service)).toMatch(/^[0-9a-f]{64}$/)
    expect(contractId(Service)).toBe(contractId(Service))
  })

  it('takes a class with @service', () => {
    @service({ name: 'S', version: 3 })
    class Decorated {
      @rpc(Empty, Empty)
      m(): object {
        return {}
      }
    }
    expect(contractId(Decorated)).toBe(
      contractId(defineService({ name: 'S', version: 3, methods: { m: unary(Empty, Empty) } })),
    )
  })

  it('knows only what is on the wire', () => {
    const plain = contractId(
      defineService({ name: 'S', methods: { doIt: unary(withField(t.int), Empty), other: unary(Empty, Empty) } }),
    )
    const renamed = t.struct('test/One', { anything: t.named('value', t.int64) })
    const same = defineService({
      name: 'S',
      methods: { other: unary(Empty, Empty), x: unary(renamed, Empty, { wireName: 'do_it' }) },
    })
    expect(contractId(same)).toBe(plain)
  })

  it('is the same whatever is required of a caller, as in Python', () => {
    const base = { name: 'S', methods: { m: unary(withField(t.int), Empty) } } as const
    const guarded = { m: unary(withField(t.int), Empty, { requires: allOf('ops.logs', 'ops.admin') }) }
    for (const same of [
      defineService({ ...base, requires: 'ops' }),
      defineService({ ...base, methods: guarded }),
      defineService({ ...base, requires: anyOf('ops', 'dev'), methods: guarded }),
    ])
      expect(contractId(same)).toBe(contractId(defineService(base)))
  })

  it('has no trace of defaults, required fields and values for unknown members', () => {
    const Level = t.enum('test/Level', { LOW: 1 })
    const Lenient = t.enum('test/Level', { LOW: 1 }, { unknown: 0 })
    const Inner = t.struct('test/Inner', { n: t.int })
    for (const [type, same] of [
      [t.int, t.withDefault(t.int, 7)],
      [t.optional(t.string), t.withDefault(t.optional(t.string), 'x')],
      [t.list(t.string), t.withDefault(t.list(t.string), ['x'])],
      [Inner, t.withDefault(Inner, { n: 1 })],
      [
        Inner,
        t.struct(
          'test/Inner',
          {
            n: t.withDefault(
              t.lazy(() => t.int),
              2,
            ),
          },
          { required: true },
        ),
      ],
      [Level, Lenient],
    ] as const)
      expect(idOf(withField(same))).toBe(idOf(withField(type)))
  })

  it('changes with everything that Python hashes', () => {
    const base = { name: 'S', version: 1, methods: { m: unary(withField(t.int), Empty) } } as const
    const others = [
      defineService({ ...base, name: 'T' }),
      defineService({ ...base, version: 2 }),
      defineService({ ...base, scope: 'session' }),
      defineService({ ...base, methods: {} }),
      defineService({ ...base, methods: { n: base.methods.m } }),
      defineService({ ...base, methods: { m: unary(withField(t.string), Empty) } }),
      defineService({ ...base, methods: { m: unary(withField(t.optional(t.int)), Empty) } }),
      defineService({ ...base, methods: { m: unary(withField(t.list(t.int)), Empty) } }),
      defineService({ ...base, methods: { m: unary(withField(t.set(t.int)), Empty) } }),
      defineService({ ...base, methods: { m: unary(withField(t.int, 'test/Two'), Empty) } }),
      defineService({ ...base, methods: { m: unary(withField(t.int, 'other/One'), Empty) } }),
      defineService({ ...base, methods: { m: unary(withField(t.int), withField(t.int)) } }),
      defineService({ ...base, methods: { m: unary(withField(t.int), Empty, { idempotent: true }) } }),
      defineService({ ...base, methods: { m: unary(withField(t.int), Empty, { timeoutMs: 100 }) } }),
    ].map((one) => contractId(one))
    const modes = [['json'], ['xlang', 'json'], ['json', 'xlang'], []].map((serializationModes) =>
      contractId(defineService(base), { serializationModes }),
    )
    const all = [contractId(defineService(base)), ...others, ...modes]
    expect(new Set(all).size).toBe(all.length)
    expect(contractId(defineService(base), { serializationModes: ['xlang'] })).toBe(all[0])
  })

  it('describes nothing but the five primitives, structs, and one container around them', () => {
    const any = idOf(withField(t.any))
    for (const type of [
      t.int8,
      t.int16,
      t.int32,
      t.uint8,
      t.uint16,
      t.uint32,
      t.uint64,
      t.float32,
      t.timestamp,
      t.date,
      t.enum('test/E', { A: 1 }),
    ]) {
      expect(idOf(withField(type)), type.kind).toBe(any)
    }
    expect(idOf(withField(t.list(t.list(t.int))))).toBe(idOf(withField(t.list(t.any))))
    expect(idOf(withField(t.list(t.optional(t.int))))).toBe(idOf(withField(t.list(t.any))))
    expect(idOf(withField(t.record(t.set(Empty))))).toBe(idOf(withField(t.record(t.any))))
    expect(idOf(withField(t.map(t.optional(t.string), t.int)))).toBe(idOf(withField(t.map(t.any, t.int))))
    expect(idOf(withField(t.record(t.int)))).toBe(idOf(withField(t.map(t.string, t.int))))
    expect(idOf(withField(t.optional(t.optional(t.lazy(() => t.int)))))).toBe(idOf(withField(t.optional(t.int))))
    expect(idOf(t.list(Empty))).toBe(idOf(t.optional(t.string)))
    expect(idOf(t.list(Empty))).not.toBe(idOf(t.string))
  })

  it('has an end for structs and containers that contain themselves', () => {
    const Node: Type = t.struct('test/Node', { next: t.optional(t.lazy(() => Node)), all: t.list(t.lazy(() => Node)) })
    const Nested: Type = t.list(t.lazy(() => Nested))
    expect(idOf(Node)).toMatch(/^[0-9a-f]{64}$/)
    expect(
      contractId(defineService({ name: 'S', methods: { m: unary(Node, Empty) } }), { pythonName: () => 'mod.Node' }),
    ).not.toBe(idOf(Node))
    expect(idOf(withField(Nested))).toBe(idOf(withField(t.list(t.any))))
    const Itself: Type = t.lazy(() => Itself)
    expect(() => idOf(Itself)).toThrow('t.lazy: stands for nothing but itself')
  })

  it.each<[string, () => unknown, string]>([
    ['no service', () => contractId(class {}), 'expected a service definition'],
    [
      'a version that is no int32',
      () => contractId(defineService({ name: 'S', version: 2 ** 31, methods: {} })),
      'service S, version: expected an integer from -2147483648 to 2147483647',
    ],
    [
      'a field without a text',
      () => idOf(t.struct('test/One', { a: t.named('\ud800', t.int) })),
      'struct test/One, field a: expected a string without lone surrogates',
    ],
    ['a tag without a text', () => idOf(t.struct('test/\ud800', {})), 'expected a string without lone surrogates'],
    [
      'a method without a text',
      () => contractId(defineService({ name: 'S', methods: { m: unary(Empty, Empty, { wireName: '\udc00' }) } })),
      'service S, method',
    ],
    [
      'a mode without a text',
      () => contractId(defineService({ name: 'S', methods: {} }), { serializationModes: ['\ud800'] }),
      'service S, serializationModes',
    ],
  ])('names what is wrong: %s', (_what, run, message) => {
    expect(run).toThrow(AsterError)
    expect(run).toThrow(message)
  })

  it('does not depend on the order of methods', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), {
          maxLength: 8,
          selector: (name) => name.normalize('NFC'),
        }),
        (names) => {
          const build = (order: readonly string[]) =>
            canonicalContract(
              defineService({
                name: 'S',
                methods: Object.fromEntries(
                  order.map((name, i) => [
                    `m${i}`,
                    unary(withField(t.int, `test/T${name.length}`), Empty, { wireName: name }),
                  ]),
                ),
              }),
            )
          expect(build(names.toReversed())).toEqual(build(names))
        },
      ),
    )
  })
})
