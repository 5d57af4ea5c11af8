import { expectTypeOf } from 'vitest'
import {
  bidiStream,
  clientStream,
  defineService,
  implement,
  rpc,
  serverStream,
  service,
  t,
  type EnumType,
  type HandlerContext,
  type StructType,
  type Timestamp,
} from '../index.ts'

const Color = t.enum('x/Color', { RED: 'red', GREEN: 'green' })
expectTypeOf<t.Infer<typeof Color>>().toEqualTypeOf<'red' | 'green'>()

const Point = t.struct('x/Point', { x: t.int, y: t.int })
type Point = t.Infer<typeof Point>
expectTypeOf<Point>().toEqualTypeOf<{ x: number; y: number }>()
expectTypeOf<t.Init<typeof Point>>().toEqualTypeOf<{
  readonly x?: number | undefined
  readonly y?: number | undefined
}>()

const All = t.struct('x/All', {
  id: t.named('ID', t.int64),
  maybe: t.optional(t.string),
  points: t.list(Point),
  by: t.map(t.int, Point),
  tags: t.set(t.string),
  at: t.timestamp,
  color: Color,
  any: t.any,
  rec: t.record(t.list(Point)),
})
expectTypeOf<t.Infer<typeof All>>().toEqualTypeOf<{
  id: bigint
  maybe: string | undefined
  points: Point[]
  by: Map<number, Point>
  tags: Set<string>
  at: Timestamp
  color: 'red' | 'green'
  any: unknown
  rec: Record<string, Point[]>
}>()
expectTypeOf<{ points: { x: number }[]; at: Date; maybe: null }>().toExtend<t.Init<typeof All>>()

const Shade = t.enum('x/Shade', { DARK: 'dark', LIGHT: 1 }, { unknown: 'other' })
expectTypeOf<t.Infer<typeof Shade>>().toEqualTypeOf<'dark' | 1 | 'other'>()
expectTypeOf<t.Init<typeof Shade>>().toEqualTypeOf<'dark' | 1>()
expectTypeOf(Shade).toExtend<EnumType>()

const Order = t.struct('x/Order', {
  quantity: t.withDefault(t.int, 1),
  note: t.withDefault(t.optional(t.string), 'none'),
  shade: t.withDefault(Shade, 'dark'),
})
expectTypeOf<t.Infer<typeof Order>>().toEqualTypeOf<{
  quantity: number
  note: string | undefined
  shade: 'dark' | 1 | 'other'
}>()
expectTypeOf<t.Init<typeof Order>>().toEqualTypeOf<{
  readonly quantity?: number | undefined
  readonly note?: string | null | undefined
  readonly shade?: 'dark' | 1 | undefined
}>()
// @ts-expect-error the default is of another type
t.withDefault(t.int, 'x')
// @ts-expect-error the value for unknown members cannot be a default
t.withDefault(Shade, 'other')

const Strict = t.struct(
  'x/Strict',
  { id: t.int, maybe: t.optional(t.int), count: t.withDefault(t.int, 3), any: t.any, as: t.named('As', t.string) },
  { required: true },
)
expectTypeOf<t.Infer<typeof Strict>>().toEqualTypeOf<{
  id: number
  maybe: number | undefined
  count: number
  any: unknown
  as: string
}>()
expectTypeOf<t.Init<typeof Strict>>().toEqualTypeOf<{
  readonly id: number
  readonly as: string
  readonly maybe?: number | null | undefined
  readonly count?: number | undefined
  readonly any?: unknown
}>()
expectTypeOf(Strict).toExtend<StructType>()
const Around = t.struct('x/Around', { strict: Strict, name: t.string })
expectTypeOf<t.Init<typeof Around>>().toEqualTypeOf<{
  readonly strict: t.Init<typeof Strict>
  readonly name?: string | undefined
}>()

interface Node {
  value: number
  children: Node[]
}
const Node: t.Type<Node> = t.struct('x/Node', { value: t.int, children: t.list(t.lazy(() => Node)) })
expectTypeOf<t.Infer<typeof Node>>().toEqualTypeOf<Node>()

const Service = defineService({
  name: 'S',
  methods: {
    one: rpc(Point, All),
    many: serverStream(Point, Point),
    up: clientStream(Point, Point),
    chat: bidiStream(Point, Point),
  },
})
expectTypeOf(Service.methods.one.kind).toEqualTypeOf<'unary'>()

implement(Service, {
  one: async (p) => ({ points: [{ x: p.x }] }),
  *many(p) {
    yield { x: p.x }
  },
  async up(points) {
    let x = 0
    for await (const p of points) x += p.x
    return { x }
  },
  async *chat(points, context) {
    expectTypeOf(context).toEqualTypeOf<HandlerContext>()
    yield* points
  },
})
// @ts-expect-error a handler is missing
implement(Service, { one: async () => ({}) })

@service({ name: 'S' })
class Decorated {
  @rpc(Point, Point)
  async one(p: Point): Promise<Point> {
    return p
  }
  // @ts-expect-error the request is a Point
  @rpc(Point, Point)
  async two(p: string): Promise<Point> {
    return { x: p.length, y: 0 }
  }
  @serverStream(Point, Point)
  async *many(p: Point): AsyncGenerator<Point> {
    yield p
  }
}
expectTypeOf<Decorated>().toHaveProperty('one')
