import { expect, it } from 'vitest'
import { walkTypes } from './inner-types.ts'
import * as t from './t.ts'
import type { Type } from './type.ts'

it('visits every type within a type once, also in structs that contain themselves', () => {
  interface Node {
    next: Node | undefined
    byName: Map<string, Date[]>
  }
  const Color = t.enum('walk/Color', { RED: 'red' })
  const Node: Type<Node> = t.struct('walk/Node', {
    next: t.optional(t.lazy(() => Node)),
    byName: t.map(t.string, t.list(t.date)),
    colors: t.withDefault(t.set(Color), new Set()),
    others: t.record(t.any),
  }) as never
  const kinds = Array.from(walkTypes([Node, Node, Color]), ({ kind }) => kind)
  expect(kinds.toSorted()).toEqual(['any', 'date', 'enum', 'list', 'map', 'record', 'set', 'string', 'struct'])
})
