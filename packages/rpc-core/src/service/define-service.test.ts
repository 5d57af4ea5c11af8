import { describe, expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import * as t from '../schema/t.ts'
import { defineService } from './define-service.ts'
import { bidiStream, clientStream, type MethodOptions, serverStream, unary } from './method.ts'
import { allOf, anyOf } from './requirement.ts'

const Point = t.struct('test/Point', { x: t.int })

describe('defineService', () => {
  it('resolves the rules of the service and of its methods', () => {
    const Guarded = defineService({
      name: 'Guarded',
      requires: anyOf('ops.logs', 'ops.admin'),
      methods: {
        read: unary(Point, Point),
        drop: unary(Point, Point, { requires: 'ops.admin' }),
        watch: serverStream(Point, Point, { requires: allOf('a', 'b') }),
        upload: clientStream(Point, Point, { requires: anyOf('a') }),
        chat: bidiStream(Point, Point, { requires: 'ops', timeoutMs: 5 }),
      },
    })
    expect(Guarded.requires).toEqual({ kind: 'anyOf', roles: ['ops.logs', 'ops.admin'] })
    expect(Object.values(Guarded.methods).map(({ requires }) => requires)).toEqual([
      undefined,
      { kind: 'role', roles: ['ops.admin'] },
      { kind: 'allOf', roles: ['a', 'b'] },
      { kind: 'anyOf', roles: ['a'] },
      { kind: 'role', roles: ['ops'] },
    ])
    expect(defineService({ ...Guarded, methods: {} }).requires).toBe(Guarded.requires)
    const Open = defineService({ name: 'Open', methods: { read: unary(Point, Point) } })
    expect([Open, Open.methods.read].filter((definition) => 'requires' in definition)).toEqual([])
  })

  it('keeps the rule that was checked, even if the options change', () => {
    const options: MethodOptions = { requires: 'ops' }
    const spec = unary(Point, Point, options)
    delete options.requires
    expect(defineService({ name: 'S', methods: { a: spec } }).methods.a.requires).toEqual({
      kind: 'role',
      roles: ['ops'],
    })
    const inherited = unary(Point, Point, Object.create({ requires: 'ops' }) as MethodOptions)
    expect(defineService({ name: 'S', methods: { a: inherited } }).methods.a.requires?.roles).toEqual(['ops'])
  })

  it('resolves names and defaults', () => {
    const service = defineService({
      name: 'Geo',
      methods: {
        findNearest: unary(Point, Point),
        watch: serverStream(Point, Point, { wireName: 'watch2', timeoutMs: 500 }),
        upload: clientStream(Point, Point, { idempotent: true }),
        chat: bidiStream(Point, Point),
      },
    })
    expect(service).toMatchObject({ name: 'Geo', version: 1, scope: 'shared' })
    expect(service.methods.findNearest).toEqual({
      name: 'findNearest',
      wireName: 'find_nearest',
      kind: 'unary',
      request: Point,
      response: Point,
      idempotent: false,
      timeoutMs: undefined,
    })
    expect(service.methods.watch).toMatchObject({ kind: 'serverStream', wireName: 'watch2', timeoutMs: 500 })
    expect(service.methods.upload).toMatchObject({ kind: 'clientStream', idempotent: true })
    expect(service.methods.chat).toMatchObject({ kind: 'bidiStream' })
    expect(defineService({ name: 'S', version: 2, scope: 'session', methods: {} })).toMatchObject({
      version: 2,
      scope: 'session',
    })
  })

  it.each<[string, () => unknown, string]>([
    ['an empty name', () => defineService({ name: '', methods: {} }), 'defineService: expected a name'],
    [
      'a version below 1',
      () => defineService({ name: 'S', version: 0, methods: {} }),
      'service S: expected version as a positive integer, found 0',
    ],
    [
      'a version that is no integer',
      () => defineService({ name: 'S', version: 1.5, methods: {} }),
      'service S: expected version as a positive integer, found 1.5',
    ],
    [
      'an unknown scope',
      () => defineService({ name: 'S', scope: 'global' as never, methods: {} }),
      "service S: expected scope 'shared' or 'session', found 'global'",
    ],
    [
      'two methods of one wire name',
      () => defineService({ name: 'S', methods: { sayIt: unary(Point, Point), say_it: unary(Point, Point) } }),
      "service S: methods 'sayIt' and 'say_it' have the same wire name 'say_it'",
    ],
    [
      'an empty wire name',
      () => defineService({ name: 'S', methods: { a: unary(Point, Point, { wireName: '' }) } }),
      "service S: method 'a' has an empty wire name",
    ],
    ['no methods', () => defineService({ name: 'S' } as never), 'service S: expected methods, an object of unary(…)'],
    [
      'methods of another service',
      () =>
        defineService({
          name: 'S',
          methods: defineService({ name: 'T', methods: { a: unary(Point, Point) } }).methods as never,
        }),
      "service S: method 'a': expected unary(…), serverStream(…), clientStream(…) or bidiStream(…)",
    ],
    [
      'a request that is no type',
      () => unary(undefined as never, Point),
      'unary: expected a type such as t.struct(…) for the request, found nothing',
    ],
    [
      'a response that is no type',
      () => bidiStream(Point, { x: 1 } as never),
      'bidiStream: expected a type such as t.struct(…) for the response, found an object',
    ],
    [
      'a rule without a value for the service',
      // @ts-expect-error -- a rule has a value
      () => defineService({ name: 'S', requires: undefined, methods: {} }),
      'service S: expected requires as a role, anyOf(…) or allOf(…), found nothing',
    ],
    [
      'a rule without a value for a method',
      // @ts-expect-error -- a rule has a value
      () => clientStream(Point, Point, { requires: undefined }),
      'clientStream: expected requires as a role, anyOf(…) or allOf(…), found nothing',
    ],
    [
      'a malformed rule in a method that was made by hand',
      () =>
        defineService({
          name: 'S',
          methods: { a: { kind: 'unary', request: Point, response: Point, options: { requires: '' } } },
        }),
      "service S: method 'a': expected requires as a role, anyOf(…) or allOf(…), found a blank role",
    ],
    [
      'a misspelt rule of the service',
      () => defineService({ name: 'S', require: 'ops', methods: {} } as never),
      "service S: unknown option 'require', expected 'requires'",
    ],
    [
      'a misspelt rule of a method',
      () => serverStream(Point, Point, { Requires: 'ops' } as never),
      "serverStream: unknown option 'Requires', expected 'requires'",
    ],
    [
      'an unknown option',
      () => unary(Point, Point, { roles: 'ops' } as never),
      "unary: unknown option 'roles', expected one of wireName, idempotent, timeoutMs, maxMessageBytes, requires",
    ],
    [
      'a role in place of options',
      () => bidiStream(Point, Point, 'ops' as never),
      'bidiStream: expected options as an object, found a string',
    ],
    [
      'a time-out of nothing',
      () => unary(Point, Point, { timeoutMs: 0 }),
      'unary: expected timeoutMs above 0, found 0',
    ],
    [
      'a time-out that is no number',
      () => serverStream(Point, Point, { timeoutMs: Number.NaN }),
      'serverStream: expected timeoutMs above 0, found NaN',
    ],
  ])('refuses %s', (_, define, message) => {
    expect(define).toThrow(AsterError)
    expect(define).toThrow(message)
  })
})
