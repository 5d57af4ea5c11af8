import { describe, expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import { check } from './check.ts'
import type { Fields } from './struct.ts'
import * as t from './t.ts'
import type { Type } from './type.ts'

const Point = t.struct('test/Point', { x: t.int, y: t.int })

describe('t.struct', () => {
  it('derives wire names unless they are explicit', () => {
    const wireNames = (type: { fields: readonly { name: string; wireName: string }[] }): string[] =>
      type.fields.map(({ name, wireName }) => `${name} ${wireName}`)
    const fields = { maybeText: t.string, userId: t.named('UserID', t.string) }
    expect(wireNames(t.struct('test/A', fields))).toEqual(['maybeText maybe_text', 'userId UserID'])
    expect(wireNames(t.struct('test/A', fields, { naming: 'exact' }))).toEqual(['maybeText maybeText', 'userId UserID'])
  })

  it('knows its tag, namespace and name', () => {
    expect(Point).toMatchObject({ tag: 'test/Point', namespace: 'test', name: 'Point' })
  })

  it.each<[string, () => unknown, string]>([
    [
      'two fields of one wire name',
      () => t.struct('x/A', { userId: t.int, user_id: t.int }),
      "struct x/A: fields 'userId' and 'user_id' have the same wire name 'user_id'",
    ],
    ['a number as field name', () => t.struct('x/A', { 1: t.int }), "struct x/A: '1' cannot be a field name"],
    [
      '__proto__ as field name',
      () => t.struct('x/A', JSON.parse('{"__proto__":{"kind":"int"}}') as Fields),
      "struct x/A: '__proto__' cannot be a field name",
    ],
    [
      'a type that is not defined yet',
      () => t.struct('x/A', { a: undefined as never }),
      "struct x/A: field 'a' has no type (for a type that is defined later use t.lazy)",
    ],
    ['an empty wire name', () => t.named('', t.int), 't.named: expected a wire name that is not empty'],
    ['a tag without a name', () => t.struct('x/', {}), "struct 'x/': expected a tag like 'namespace/Name' or 'Name'"],
    ['an enum without members', () => t.enum('x/E', {}), 'enum x/E: expected at least one member'],
    ['an enum with a value twice', () => t.enum('x/E', { A: 1, B: 1 }), 'enum x/E: the value 1 occurs twice'],
    [
      'an enum with a number as name',
      () => t.enum('x/E', { 1: 'a' }),
      "enum x/E: expected a name that is not a number, found '1': JavaScript moves such members to the front",
    ],
  ])('refuses %s', (_, define, message) => {
    expect(define).toThrow(AsterError)
    expect(define).toThrow(message)
  })

  it('accepts class instances with getters and further members', () => {
    class Place {
      readonly x = 1
      readonly name = 'here'
      get y(): number {
        return 2
      }
    }
    expect(check(Point, new Place())).toEqual({ x: 1, y: 2 })
  })

  it('treats no inherited member of a plain object as a field', () => {
    const fields: Fields = { constructor: t.string, toString: t.int, valueOf: t.optional(t.int) }
    const Odd = t.struct('test/Odd', fields)
    expect(check(Odd, {})).toEqual({ constructor: '', toString: 0, valueOf: undefined })
    expect(check(Odd, { constructor: 'c', toString: 1 })).toEqual({ constructor: 'c', toString: 1, valueOf: undefined })
    expect(() => check(Odd, { hasOwnProperty: 1 })).toThrow('hasOwnProperty: no such field in test/Odd')
  })

  it('may contain itself through an optional or a container, but not directly', () => {
    interface Node {
      next: Node | undefined
      children: Node[]
    }
    const Node: Type<Node> = t.struct('test/Node', {
      next: t.optional(t.lazy(() => Node)),
      children: t.list(t.lazy(() => Node)),
    })
    expect(check(Node, { next: { children: [{}] } })).toEqual({
      next: { next: undefined, children: [{ next: undefined, children: [] }] },
      children: [],
    })
    const Endless: Type = t.struct('test/Endless', { self: t.lazy(() => Endless) })
    for (let i = 0; i < 2; i++) expect(() => Endless.zero()).toThrow('struct test/Endless contains itself')
  })

  it('is a Standard Schema', () => {
    const schema = t.struct('test/Line', { points: t.list(Point) })['~standard']
    expect(schema).toMatchObject({ version: 1, vendor: 'aster' })
    expect(schema.validate({ points: [{ x: 1 }] })).toEqual({ value: { points: [{ x: 1, y: 0 }] } })
    expect(schema.validate({ points: [{ x: 1 }, { x: 'a' }], z: 1 })).toEqual({
      issues: [
        { path: ['points', 1, 'x'], message: 'points[1].x: expected an integer (int), found a string' },
        { path: ['z'], message: 'z: no such field in test/Line' },
      ],
    })
    expect(schema.validate(5)).toEqual({
      issues: [{ path: [], message: 'expected an object (test/Line), found the integer 5' }],
    })
  })
})

describe('t.enum', () => {
  const Color = t.enum('test/Color', { RED: 'red', GREEN: 'green' })

  it('has members, and ordinals in the order of declaration', () => {
    expect(Color.members.GREEN).toBe('green')
    expect(Color.entries).toEqual([
      { name: 'RED', value: 'red' },
      { name: 'GREEN', value: 'green' },
    ])
    expect([Color.ordinalOf('red'), Color.ordinalOf('green'), Color.ordinalOf('blue')]).toEqual([0, 1, undefined])
  })
})

describe('t.lazy', () => {
  it('resolves its target once, at first use', () => {
    let asked = 0
    const lazy = t.lazy(() => {
      asked++
      return Point
    })
    expect(asked).toBe(0)
    expect(lazy.target).toBe(Point)
    lazy.zero()
    check(lazy, {})
    expect(asked).toBe(1)
  })
})
