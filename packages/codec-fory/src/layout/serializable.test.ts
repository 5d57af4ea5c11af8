import { RpcError, StatusCode, t, type Type } from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { ForyCodec } from '../index.ts'

const Point = t.struct('x/Point', { x: t.int })
const Tree: Type = t.lazy(() => t.list(Tree))
const Loop: Type = t.lazy(() => Loop)

it.each<[string, Type, string]>([
  [
    'a map with structs for keys',
    t.map(Point, t.int),
    'field: a struct cannot be a map key, since Python cannot hash it; use a t.list',
  ],
  ['a map with lists for keys', t.map(t.list(t.int), t.int), 'field: a list cannot be a map key'],
  [
    'a set of structs',
    t.set(Point),
    "field: a struct cannot be a set's element, since Python cannot hash it; use t.list",
  ],
  ['a set of optional maps', t.set(t.optional(t.record(t.int))), "field: a record cannot be a set's element"],
  ['a list of itself', Tree, 'field: a list that contains itself has no name in Python; put a t.struct in between'],
  ['nothing but itself', Loop, 'field: t.lazy: stands for nothing but itself'],
  [
    'a tag that Python cannot register',
    t.struct('x/Café', {}),
    'field: struct x/Café: Python cannot register a name with',
  ],
  [
    'a namespace that Python cannot register',
    t.enum('größe/A', { A: 1 }),
    'field: enum größe/A: Python cannot register a namespace',
  ],
  ['two types of one tag', t.list(t.struct('x/Bad', {})), "field: two types are tagged 'x/Bad'"],
])('refuses %s at the first use, naming the field', (_, type, text) => {
  const Bad = t.struct('x/Bad', { field: type })
  for (const use of [
    () => new ForyCodec().encode<unknown, unknown>(Bad, { field: [] }),
    () => new ForyCodec().decode(Bad, new Uint8Array()),
    () => new ForyCodec({ types: [Bad] }).encode(Point, {}),
  ]) {
    try {
      use()
      expect.fail('expected an RpcError')
    } catch (error) {
      expect(error).toBeInstanceOf(RpcError)
      expect(error).toHaveProperty('message', expect.stringContaining(text))
      expect(error).toHaveProperty('code', StatusCode.INVALID_ARGUMENT)
    }
  }
})

it('names the place of a nested type', () => {
  const Deep = t.struct('x/Deep', { a: t.list(t.struct('x/B', { b: t.optional(t.record(t.map(Point, t.int))) })) })
  expect(() => new ForyCodec().encode(Deep, {})).toThrow('a.b: a struct cannot be a map key')
})
