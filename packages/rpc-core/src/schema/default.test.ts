import { describe, expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import { check } from './check.ts'
import * as t from './t.ts'
import type { Type } from './type.ts'
import { unwrap } from './unwrap.ts'

const Order = t.struct('test/Order', { name: t.string, quantity: t.withDefault(t.int, 1) })

describe('t.withDefault', () => {
  it('is the value of an omitted field', () => {
    expect(check(Order, { name: 'a' })).toEqual({ name: 'a', quantity: 1 })
    expect(check(Order, { quantity: undefined })).toEqual({ name: '', quantity: 1 })
    expect(check(Order, { quantity: 0 })).toEqual({ name: '', quantity: 0 })
    expect(Order.zero()).toEqual({ name: '', quantity: 1 })
    expect(() => check(Order, { quantity: 'x' })).toThrow('quantity: expected an integer (int), found a string')
  })

  it('is a fresh copy each time, never the value that was passed', () => {
    const given = {
      list: [{ at: new Date(5), bytes: Uint8Array.of(1), set: new Set([[1]]), map: new Map([['k', [1]]]) }],
    }
    const type = t.withDefault(t.any, given)
    const first = type.zero() as typeof given
    expect(first).toEqual(given)
    first.list[0]?.bytes.fill(9)
    first.list.pop()
    given.list.push({ ...given.list[0]! })
    expect(type.zero()).toEqual({ list: [given.list[0]] })
    const bytes = t.withDefault(t.bytes, Uint8Array.of(1, 2))
    bytes.zero().fill(0)
    expect(bytes.zero()).toEqual(Uint8Array.of(1, 2))
  })

  it('completes its value, and accepts null for an optional type', () => {
    const Line = t.struct('test/Line', {
      from: t.withDefault(Order, { name: 'x' }),
      note: t.withDefault(t.optional(t.string), 'none'),
    })
    expect(check(Line, {})).toEqual({ from: { name: 'x', quantity: 1 }, note: 'none' })
    expect(check(Line, { note: null })).toMatchObject({ note: undefined })
    expect(unwrap(t.withDefault(t.optional(t.string), 'none'))).toEqual({ type: t.string, optional: true })
  })

  it('accepts types that are defined later', () => {
    const Node: Type<unknown> = t.struct('test/Node', {
      value: t.withDefault(t.int, 7),
      next: t.withDefault(t.optional(t.lazy(() => Node)), undefined),
    })
    expect(check(Node, {})).toEqual({ value: 7, next: undefined })
    const late = t.withDefault(
      t.lazy(() => t.int),
      'x' as never,
    )
    expect(() => late.zero()).toThrow('t.withDefault, the default: expected an integer (int), found a string')
  })

  it.each<[string, () => unknown, string]>([
    [
      'a value of another type',
      () => t.withDefault(t.int, 'x' as never),
      't.withDefault, the default: expected an integer',
    ],
    [
      'a part that does not fit',
      () => t.withDefault(t.list(t.int), [1, 1.5]),
      't.withDefault, the default: [1]: expected',
    ],
    ['a default of a default', () => t.withDefault(t.withDefault(t.int, 1), 2), 'has a default already'],
    ['t.optional', () => t.optional(t.withDefault(t.int, 1)), 't.optional: expected a type without t.withDefault'],
    ['t.list', () => t.list(t.withDefault(t.int, 1)), 't.list: '],
    ['t.set', () => t.set(t.withDefault(t.int, 1)), 't.set: '],
    ['t.record', () => t.record(t.withDefault(t.int, 1)), 't.record: '],
    ['the key of t.map', () => t.map(t.withDefault(t.int, 1), t.int), 't.map: '],
    ['the value of t.map', () => t.map(t.int, t.withDefault(t.int, 1)), 't.map: '],
  ])('refuses %s', (_what, make, message) => {
    expect(make).toThrow(AsterError)
    expect(make).toThrow(message)
  })
})

describe('t.struct with required: true', () => {
  const options = { required: true } as const
  const Strict = t.struct(
    'test/Strict',
    {
      id: t.int,
      maybe: t.optional(t.int),
      any: t.any,
      count: t.withDefault(t.int, 3),
      late: t.lazy(() => t.optional(t.int)),
    },
    options,
  )
  const Outer = t.struct('test/Outer', { strict: Strict, list: t.list(Strict), maybe: t.optional(Strict) })

  it('requires every field without its own default', () => {
    expect(check(Strict, { id: 0 })).toEqual({ id: 0, maybe: undefined, any: undefined, count: 3, late: undefined })
    expect(() => check(Strict, {})).toThrow('id: missing in test/Strict')
    expect(() => check(Strict, { id: undefined })).toThrow('id: missing in test/Strict')
    expect(() => check(Strict, { id: null })).toThrow('id: expected an integer (int), found null')
    expect(Strict.fields.map(({ name, required }) => `${name} ${required}`)).toEqual([
      'id true',
      'maybe false',
      'any false',
      'count false',
      'late false',
    ])
  })

  it('has no default itself, and neither has a struct around it', () => {
    expect(() => Strict.zero()).toThrow("struct test/Strict: field 'id' is required, and has no default")
    expect(() => check(Outer, {})).toThrow('strict: missing in test/Outer')
    expect(check(Outer, { strict: { id: 1 } })).toMatchObject({ strict: { id: 1 }, list: [], maybe: undefined })
    expect(
      check(t.struct('test/Free', { free: t.struct('test/All', { maybe: t.optional(t.int) }, options) }), {}),
    ).toEqual({
      free: { maybe: undefined },
    })
    expect(check(t.struct('test/D', { strict: t.withDefault(Strict, { id: 5 }) }), {})).toMatchObject({
      strict: { id: 5 },
    })
    expect(() => check(t.struct('test/Deep', { outer: Outer }), {})).toThrow('outer: missing in test/Deep')
  })
})

describe('t.enum with a value for unknown members', () => {
  const Color = t.enum('test/Color', { RED: 'red', ONE: 1 }, { unknown: 'other' })

  it('rejects the value from a caller', () => {
    expect(Color.unknown).toBe('other')
    expect(Color.zero()).toBe('red')
    expect(check(Color, 1)).toBe(1)
    expect(() => check(Color, 'other')).toThrow(
      'expected one of "red", 1 (enum test/Color), found "other", which stands for a member that is not known here and cannot be sent',
    )
    expect(() => check(Color, 'blue')).toThrow('expected one of "red", 1 (enum test/Color), found "blue"')
    expect(t.enum('test/Color', { RED: 'red' }).unknown).toBeUndefined()
  })

  it('lists at most twenty members', () => {
    const many = t.enum('test/Many', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`M${i}`, i])))
    expect(() => check(many, -1)).toThrow(/ 19, 480 more \(enum test\/Many\), found the integer -1$/)
  })

  it.each<[unknown, string]>([
    ['red', 'enum test/Color, unknown: "red" is the value of a member'],
    [1, 'enum test/Color, unknown: 1 is the value of a member'],
    [null, 'enum test/Color, unknown: expected a string or number, found null'],
    [Number.NaN, 'enum test/Color, unknown: expected a string or number, found the number NaN'],
    [true, 'enum test/Color, unknown: expected a string or number, found true'],
  ])('refuses %j for it', (unknown, message) => {
    expect(() => t.enum('test/Color', { RED: 'red', ONE: 1 }, { unknown: unknown as string })).toThrow(message)
  })
})
