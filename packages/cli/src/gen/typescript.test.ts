import { describeServices, type Description, parseDescription, toDefinitions, withWireNames } from '@aster/description'
import {
  allOf,
  bidiStream,
  clientStream,
  defineService,
  serverStream,
  t,
  Timestamp,
  type Type,
  unary,
} from '@aster/rpc-core'
import { expect, it } from 'vitest'
import { writePython } from './python.ts'
import { readTypeScript } from './read-typescript.ts'
import { writeTypeScript } from './typescript.ts'

const Color = t.enum('demo/Color', { RED: 'red', 'dark blue': 'it\'s "blue"' }, { unknown: '?' })
const Point = t.struct('demo/Point', { xPos: t.withDefault(t.int, 7), y: t.named('Y', t.float64) })
interface Tree {
  value: string
  parent: Tree | undefined
  more: Tree[]
  at: Timestamp
}
const Tree: Type<Tree> = t.struct('demo/Tree', {
  value: t.string,
  parent: t.optional(t.lazy(() => Tree)),
  more: t.list(t.lazy(() => Tree)),
  at: t.timestamp,
})
const Everything = t.struct(
  'demo/Everything',
  {
    text: t.withDefault(t.string, "it's"),
    big: t.withDefault(t.int64, -(2n ** 60n)),
    ratio: t.withDefault(t.float64, -0),
    when: t.withDefault(t.timestamp, Timestamp.parse('2026-01-02T03:04:05.000006Z')),
    color: t.withDefault(Color, 'red'),
    blob: t.withDefault(t.bytes, Uint8Array.of(1, 2)),
    none: t.withDefault(t.bytes, new Uint8Array()),
    tags: t.withDefault(t.set(t.string), new Set(['a'])),
    byId: t.withDefault(t.map(t.int, Point), new Map([[1, { y: 2 }]])),
    record: t.withDefault(t.record(t.int), { ['__proto__']: 1, 'a-b': 2 }),
    anything: t.withDefault(t.any, [1, 'a', null, { b: true }]),
    needed: t.list(t.list(t.optional(Point))),
  },
  { required: true },
)
const Exact = t.struct('demo/Exact', { UserID: t.int, URLPath: t.string }, { naming: 'exact' })
const Demo = defineService({
  name: 'demo service',
  version: 2,
  scope: 'session',
  maxMessageBytes: 5000,
  requires: 'ops',
  methods: {
    sayHello: unary(Everything, Point, { idempotent: true, timeoutMs: 30_000, requires: allOf('a', 'b') }),
    many: serverStream(t.string, t.optional(Point), { wireName: 'MANY' }),
    up: clientStream(Tree, t.list(t.int)),
    chat: bidiStream(Exact, Color),
  },
})

const OPTIONS = { importFrom: '@aster/client', heading: 'A heading.' } as const
const describeDemo = (): Description => describeServices([Demo], { contractIds: false })

it('writes code like code written by hand', () => {
  expect(writeTypeScript(describeDemo(), OPTIONS)).toBe(`// A heading.

import {
  allOf,
  bidiStream,
  clientStream,
  defineService,
  type Infer,
  serverStream,
  t,
  Timestamp,
  unary,
} from '@aster/client'

export const Color = t.enum('demo/Color', { RED: 'red', 'dark blue': 'it\\'s "blue"' }, { unknown: '?' })
export type Color = Infer<typeof Color>

export const Point = t.struct('demo/Point', { xPos: t.withDefault(t.int, 7), y: t.named('Y', t.float64) })
export type Point = Infer<typeof Point>

export const Everything = t.struct(
  'demo/Everything',
  {
    text: t.withDefault(t.string, "it's"),
    big: t.withDefault(t.int64, -1152921504606846976n),
    ratio: t.withDefault(t.float64, -0),
    when: t.withDefault(t.timestamp, Timestamp.parse('2026-01-02T03:04:05.000006Z')),
    color: t.withDefault(Color, 'red'),
    blob: t.withDefault(t.bytes, Uint8Array.of(1, 2)),
    none: t.withDefault(t.bytes, new Uint8Array()),
    tags: t.withDefault(t.set(t.string), new Set(['a'])),
    byId: t.withDefault(t.map(t.int, Point), new Map([[1, { y: 2 }]])),
    record: t.withDefault(t.record(t.int), { ['__proto__']: 1, 'a-b': 2 }),
    anything: t.withDefault(t.any, [1, 'a', null, { b: true }]),
    needed: t.list(t.list(t.optional(Point))),
  },
  { required: true },
)
export type Everything = Infer<typeof Everything>

export interface Tree {
  value: string
  parent: Tree | undefined
  more: Tree[]
  at: Timestamp
}
export interface TreeInit {
  readonly value?: string | undefined
  readonly parent?: TreeInit | null | undefined
  readonly more?: readonly TreeInit[] | undefined
  readonly at?: Timestamp | Date | undefined
}
export const Tree: t.Type<Tree, TreeInit> = t.struct('demo/Tree', {
  value: t.string,
  parent: t.optional(t.lazy(() => Tree)),
  more: t.list(t.lazy(() => Tree)),
  at: t.timestamp,
})

export const Exact = t.struct('demo/Exact', { UserID: t.int, URLPath: t.string }, { naming: 'exact' })
export type Exact = Infer<typeof Exact>

export const DemoService = defineService({
  name: 'demo service',
  version: 2,
  scope: 'session',
  maxMessageBytes: 5000,
  requires: 'ops',
  methods: {
    sayHello: unary(Everything, Point, { idempotent: true, timeoutMs: 30_000, requires: allOf('a', 'b') }),
    many: serverStream(t.string, t.optional(Point), { wireName: 'MANY' }),
    up: clientStream(Tree, t.list(t.int)),
    chat: bidiStream(Exact, Color),
  },
})
`)
})

it('is read again as the same description', () => {
  expect(readTypeScript(writeTypeScript(describeDemo(), OPTIONS))).toEqual(describeDemo())
})

it('has comments of the source, which cannot end them or move the cursor', () => {
  const struct = { kind: 'struct', name: 'A', tag: 'x/A', doc: 'One.\n\n*/ evil() /*\u001b[2J\u202e' }
  const field = { wireName: 'a_b', type: { kind: 'int' }, doc: 'Of it.' }
  const description = parseDescription({
    asterDescription: 1,
    services: [],
    types: [{ ...struct, fields: [field] }],
  })
  expect(writeTypeScript(description, OPTIONS)).toContain(`
/**
 * One.
 *
 * *\\/ evil() /*\\u001b[2J\\u202e
 */
export const A = t.struct('x/A', {
  /** Of it. */
  aB: t.int,
})
`)
  expect(writePython(description, 'A heading.')).toContain(`
    """One.

    */ evil() /*\\\\u001b[2J\\\\u202e
    """

    # Of it.
    a_b: int = 0
`)
})

it('turns no foreign name into code', () => {
  const evil = 'x = 1; process.exit(1); //'
  const type = { kind: 'int' }
  const description = parseDescription({
    asterDescription: 1,
    services: [
      {
        name: `'${evil}`,
        constant: evil,
        version: 1,
        scope: 'shared',
        serializationModes: ['xlang'],
        methods: [{ name: evil, wireName: `${evil}'"\n`, kind: 'unary', request: type, response: type }],
      },
    ],
    types: [
      { kind: 'struct', name: 'default', tag: `x/${evil} A`, fields: [{ name: evil, wireName: evil, type }] },
      { kind: 'struct', name: 'Infer', tag: 'x/B', fields: [] },
      { kind: 'enum', name: 'class\u200d', tag: 'x/E', members: [{ name: evil, value: evil }] },
    ],
  })
  const text = writeTypeScript(description, OPTIONS)
  expect(text).toContain("export const default_ = t.struct('x/x = 1; process.exit(1); // A'")
  expect(text).toContain("{ 'x = 1; process.exit(1); //': t.int }")
  expect(text).toContain('export const Infer_ = ')
  expect(text).toContain('export const Class = t.enum(')
  expect(text).toContain('export const X1ProcessExit1 = defineService({')
  const again = readTypeScript(text)
  expect(again.services).toMatchObject([{ methods: [{ name: evil, wireName: `${evil}'"\n` }] }])
  expect(() => writePython(description, '')).toThrow('Python cannot have what is described')
})

it('imports numbers of other widths from the module that has them', () => {
  const description = parseDescription({
    asterDescription: 1,
    services: [],
    types: [{ kind: 'struct', name: 'A', tag: 'x/A', fields: [{ wireName: 'a', type: { kind: 'fixedInt32' } }] }],
  })
  expect(writeTypeScript(description, OPTIONS)).toContain("import { fixedInt32, type Infer, t } from '@aster/client'\n")
  expect(writeTypeScript(description, { ...OPTIONS, importFrom: '@aster/rpc-core' })).toContain(
    "import { fixedInt32 } from '@aster/codec-fory'\nimport { type Infer, t } from '@aster/rpc-core'\n",
  )
  expect(writePython(description, '')).toContain('    a: pyfory.fixed_int32 = 0')
})

it('writes definitions that take the names of the wire', () => {
  const text = writeTypeScript(withWireNames(describeDemo()), OPTIONS)
  expect(text).toContain(
    "t.struct('demo/Point', { x_pos: t.withDefault(t.int, 7), Y: t.float64 }, { naming: 'exact' })",
  )
  const { services } = toDefinitions(readTypeScript(text))
  expect(Object.keys(services[0]?.definition.methods ?? {})).toEqual(['say_hello', 'MANY', 'up', 'chat'])
})
