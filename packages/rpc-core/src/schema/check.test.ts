import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { StatusCode } from '../status-code.ts'
import { Timestamp } from './timestamp-value.ts'
import { check } from './check.ts'
import * as t from './t.ts'
import type { Type } from './type.ts'

const Point = t.struct('test/Point', { x: t.int, y: t.int })

describe('defaults', () => {
  it('are new each time, so that changing one value does not affect another', () => {
    for (const type of [t.list(t.int), t.set(t.int), t.record(t.int), t.map(t.int, t.int), Point, t.bytes] as Type[]) {
      expect(type.zero()).not.toBe(type.zero())
    }
  })

  it('complete a value at every depth', () => {
    const Line = t.struct('test/Line', { from: Point, to: Point, by: t.map(t.string, Point), maybe: t.optional(Point) })
    expect(check(Line, { from: { x: 1 }, by: new Map([['a', {}]]), maybe: null })).toStrictEqual({
      from: { x: 1, y: 0 },
      to: { x: 0, y: 0 },
      by: new Map([['a', { x: 0, y: 0 }]]),
      maybe: undefined,
    })
  })
})

describe('check', () => {
  it('returns a copy, and a Timestamp for a Date', () => {
    const list = [{ x: 1, y: 2 }]
    const copy = check(t.list(Point), list)
    expect(copy).toEqual(list)
    expect(copy).not.toBe(list)
    expect(copy[0]).not.toBe(list[0])
    expect(check(t.timestamp, new Date(5))).toEqual(new Timestamp(0, 5_000_000))
  })

  it('accepts values of another realm, and copies all but bytes to this one', () => {
    const All = t.struct('test/All', {
      bytes: t.bytes,
      at: t.timestamp,
      set: t.set(t.string),
      map: t.map(t.string, t.list(t.int)),
      record: t.record(Point),
    })
    const own = {
      bytes: Uint8Array.of(1, 2),
      at: new Date(5),
      set: new Set(['a']),
      map: new Map([['a', [1]]]),
      record: { p: { x: 1 } },
    }
    const foreign = runInNewContext(
      "({ bytes: Uint8Array.of(1, 2), at: new Date(5), set: new Set(['a']), map: new Map([['a', [1]]]), record: { p: { x: 1 } } })",
    ) as typeof own
    expect(foreign.set).not.toBeInstanceOf(Set)
    const { bytes, ...rest } = check(All, foreign)
    expect(bytes).toBe(foreign.bytes)
    const { bytes: _, ...expected } = check(All, own)
    expect(rest).toStrictEqual(expected)
  })

  it('fails with the given code', () => {
    expect(() => check(t.int, 'x', StatusCode.CONTRACT_VIOLATION)).toThrow(
      expect.objectContaining({ code: StatusCode.CONTRACT_VIOLATION }),
    )
  })

  it('rejects values that are nested too deep or contain themselves', () => {
    interface Node {
      children: Node[]
    }
    const Node: Type<Node> = t.struct('test/Node', { children: t.list(t.lazy(() => Node)) })
    let deep: Node = { children: [] }
    for (let i = 0; i < 100_000; i++) deep = { children: [deep] }
    expect(() => check(Node, deep)).toThrow('nested deeper than 100 levels')
    const self: Node = { children: [] }
    self.children.push(self, self, self)
    expect(() => check(Node, self)).toThrow('nested deeper than 100 levels')
  })

  it('treats no key as a prototype', () => {
    const record = check(t.record(t.int), JSON.parse('{"__proto__":1,"constructor":2}'))
    expect(Object.entries(record)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  })
})
