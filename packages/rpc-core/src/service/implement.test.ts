import { describe, expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import * as t from '../schema/t.ts'
import { classDefinition, rpc, service } from './decorators.ts'
import { defineService } from './define-service.ts'
import { definitionOf, implement, implementationOf } from './implement.ts'
import { unary } from './method.ts'

const Point = t.struct('test/Point', { x: t.int })
type Point = t.Infer<typeof Point>
const methods = { move: unary(Point, Point), turn: unary(Point, Point) }
const Shared = defineService({ name: 'Shared', methods })
const Session = defineService({ name: 'Session', scope: 'session', methods })
const handlers = { move: (point: Point) => point, turn: (point: Point) => point }
const peer = { id: 'peer', attributes: {} }

@service({ name: 'SharedClass' })
class SharedClass {
  @rpc(Point, Point)
  async move(point: Point): Promise<Point> {
    return point
  }
}

@service({ name: 'SessionClass', scope: 'session' })
class SessionClass {
  readonly peer: unknown
  constructor(peer: unknown) {
    this.peer = peer
  }
  @rpc(Point, Point)
  async move(point: Point): Promise<Point> {
    return point
  }
}

describe('implement', () => {
  it('returns the same handlers for all callers of a shared service', () => {
    const { definition, open } = implement(Shared, handlers)
    expect(definition).toBe(Shared)
    expect(open(peer)).toBe(handlers)
    expect(open(peer)).toBe(open(peer))
  })

  it('makes new handlers for each session and its peer', () => {
    const { open } = implement(Session, (peer) => ({ ...handlers, peer }))
    expect(open(peer)).toMatchObject({ peer })
    expect(open(peer)).not.toBe(open(peer))
  })

  it('refuses a promise of handlers, and handles its rejection', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const { open } = implement(Session, (async () => {
      throw new Error('not awaited')
    }) as never)
    expect(() => open(peer)).toThrow('service Session: expected an object of handlers, found a promise')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it.each<[string, () => unknown, string]>([
    [
      'handlers that lack one',
      () => implement(Shared, { move: handlers.move } as never),
      'service Shared: no handler for turn',
    ],
    [
      'handlers that are no functions',
      () => implement(Shared, { move: 5, turn: {} } as never),
      'service Shared: no handler for move, turn',
    ],
    [
      'a function for a shared service',
      () => implement(Shared, () => handlers),
      "service Shared: expected an object of handlers, since its scope is 'shared'",
    ],
    [
      'an object for a session',
      () => implement(Session, handlers),
      "service Session: expected a function that makes the handlers of one session, since its scope is 'session'",
    ],
    [
      'a session whose handlers lack one',
      () => implement(Session, () => ({ move: handlers.move }) as never).open(peer),
      'service Session: no handler for turn',
    ],
  ])('refuses %s', (_, define, message) => {
    expect(define).toThrow(AsterError)
    expect(define).toThrow(message)
  })
})

describe('implementationOf', () => {
  it('accepts the result of implement', () => {
    const implementation = implement(Shared, handlers)
    expect(implementationOf(implementation)).toBe(implementation)
  })

  it('accepts an instance of a shared service class, and a session service class itself', () => {
    const instance = new SharedClass()
    expect(implementationOf(instance).definition).toBe(classDefinition(SharedClass))
    expect(implementationOf(instance).open(peer)).toBe(instance)
    const session = implementationOf(SessionClass).open(peer)
    expect(session).toBeInstanceOf(SessionClass)
    expect(session).toMatchObject({ peer })
  })

  it.each<[string, unknown, string]>([
    [
      'the class of a shared service',
      SharedClass,
      "service SharedClass: expected an instance of the class (new SharedClass()), since its scope is 'shared'",
    ],
    [
      'an instance of a session service',
      new SessionClass(peer),
      "service SessionClass: expected the class itself, since its scope is 'session' and each session gets an instance",
    ],
    [
      'a definition alone',
      Shared,
      'expected a service: the result of implement(…), or an instance of a class with @service',
    ],
    ['an instance of any class', new Date(), 'expected a service'],
    ['an object without a class', Object.create(null), 'expected a service'],
    ['a function', () => 1, 'expected a service'],
    ['null', null, 'expected a service'],
    ['nothing', undefined, 'expected a service'],
    ['a text', 'Shared', 'expected a service'],
  ])('refuses %s', (_, value, message) => {
    expect(() => implementationOf(value as object)).toThrow(AsterError)
    expect(() => implementationOf(value as object)).toThrow(message)
  })
})

describe('definitionOf', () => {
  it('accepts a definition and a service class', () => {
    expect(definitionOf(Shared)).toBe(Shared)
    expect(definitionOf(SharedClass)).toBe(classDefinition(SharedClass))
  })

  it.each([class {}, {}, null, undefined, 'Shared'])('refuses %o', (value) => {
    expect(() => definitionOf(value as never)).toThrow(AsterError)
    expect(() => definitionOf(value as never)).toThrow(
      'expected a service definition (defineService) or a class with @service',
    )
  })
})
