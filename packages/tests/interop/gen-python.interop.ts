// Python code that is generated from TypeScript definitions: Python imports it, and its consumer calls a producer of this project.
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import {
  anyOf,
  AsterServer,
  bidiStream,
  clientStream,
  defineService,
  implement,
  serverStream,
  type ServiceDefinition,
  t,
  Timestamp,
  type Type,
  unary,
} from '@aster/server'
import { contractId } from '@aster/contract'
import { describeServices, type Description, parseDescription } from '@aster/description'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { gen, genJson, makeFolder, readJson, runScript } from './generated.ts'
import { startPython } from './python-process.ts'
import { config } from './with-python.ts'

let folder: ReturnType<typeof makeFolder>
beforeAll(() => void (folder = makeFolder()))
afterAll(() => folder?.[Symbol.dispose]())
const python = (): string[] => ['--python', process.env['ASTER_PYTHON'] ?? '']

const Color = t.enum('back/Color', { RED: 'red', 'dark-blue': 'blue', class: 'c' })
const Level = t.enum('back/Level', { LOW: 1, HIGH: 10 })
const Mixed = t.enum('back/Mixed', { A: 'a', B: 2 })
const Point = t.struct('back/Point', { xPos: t.withDefault(t.int, 7), y: t.float64, color: Color })
const Widths = t.struct('back/Widths', {
  a: t.int8,
  b: t.int16,
  c: t.int32,
  d: t.int64,
  e: t.uint8,
  f: t.uint16,
  g: t.uint32,
  h: t.uint64,
  i: t.float32,
})
const Everything = t.struct('back/Everything', {
  text: t.withDefault(t.string, 'it\'s "quoted" \\ \n €😀'),
  ratio: t.withDefault(t.float64, Number.POSITIVE_INFINITY),
  flag: t.withDefault(t.bool, true),
  blob: t.withDefault(t.bytes, Uint8Array.of(0, 34, 92, 255)),
  when: t.withDefault(t.timestamp, Timestamp.parse('2026-01-02T03:04:05.000006Z')),
  day: t.withDefault(t.date, '2026-01-02'),
  level: t.withDefault(Level, 10),
  mixed: Mixed,
  point: t.withDefault(Point, { y: 1.5 }),
  plain: Point,
  maybe: t.optional(Point),
  maybeList: t.optional(t.list(t.optional(t.string))),
  numbers: t.withDefault(t.list(t.int), [1, -2]),
  tags: t.withDefault(t.set(t.string), new Set(['a'])),
  labels: t.withDefault(t.record(t.string), { a: 'b' }),
  byId: t.withDefault(t.map(t.int, Point), new Map([[1, { y: 2 }]])),
  matrix: t.list(t.list(t.int)),
  groups: t.record(t.list(Point)),
  anything: t.any,
})
const Needed = t.struct(
  'back/Needed',
  { first: t.withDefault(t.int, 1), second: t.string, third: t.optional(t.int), point: Point },
  { required: true },
)
const Holder = t.struct('back/Holder', { needed: Needed, count: t.withDefault(t.int, 0) }, { required: true })
interface Tree {
  value: string
  more: Tree[]
}
const Tree: Type<Tree> = t.struct('back/Tree', { value: t.string, more: t.list(t.lazy(() => Tree)) })

const Shared = defineService({
  name: 'BackShared',
  methods: {
    everything: unary(Everything, Everything, { idempotent: true, timeoutMs: 2500 }),
    widths: unary(Widths, Widths),
    needed: unary(Holder, Holder),
    plainText: unary(t.string, t.string),
    manyPoints: serverStream(Point, Point),
    lastPoint: clientStream(Point, Point),
    eachPoint: bidiStream(Point, Point),
  },
})
const Session = defineService({
  name: 'BackSession',
  version: 3,
  scope: 'session',
  methods: { keep: unary(Point, Point), many: serverStream(Point, Point), last: clientStream(Point, Point) },
})
const Recursive = defineService({ name: 'BackRecursive', methods: { walk: unary(Tree, Tree) } })
const Ruled = defineService({
  name: 'BackRuled',
  requires: anyOf('a', 'b'),
  methods: { secret: unary(Point, Point, { requires: 'ops' }) },
})

const same = <T>(request: T): T => request
async function* twice<T>(request: T): AsyncGenerator<T> {
  yield request
  yield request
}
async function last<T>(requests: AsyncIterable<T>): Promise<T> {
  let found: T | undefined
  for await (const request of requests) found = request
  return found as T
}

const services = [
  implement(Shared, {
    everything: same,
    widths: same,
    needed: same,
    plainText: same,
    manyPoints: twice,
    lastPoint: last,
    eachPoint: (requests) => requests,
  }),
  implement(Session, () => ({ keep: same, many: twice, last })),
  implement(Recursive, { walk: same }),
]

function describeTo(name: string, definitions: readonly ServiceDefinition[]): Description {
  const description = describeServices(definitions, { serializationModes: ['xlang'], source: 'a test' })
  writeFileSync(join(folder.path, `${name}.json`), JSON.stringify(description))
  return description
}

it('is called by Python in every pattern, shared and in a session', async () => {
  const definitions = [Shared, Session, Recursive]
  describeTo('back', definitions)
  await genJson(folder.path, ['back.json', '--lang', 'python', '--out', 'back.py'])
  await using server = new AsterServer({ config, services, allowAllConsumers: true })
  await server.start()
  const { child, exited, stderr } = startPython('gen_consumer.py', [server.address, folder.path, 'back'])
  const output = await text(child.stdout!)
  expect(await exited, stderr()).toBe(0)
  const { ids, calls, failed } = JSON.parse(output) as { ids: object; calls: number; failed: string[] }
  expect(failed).toEqual([])
  expect(calls).toBe(55)
  expect(ids).toEqual({
    BackShared: contractId(Shared),
    BackSession: contractId(Session),
    // The id of Python contains the name of the module, and Python declares only JSON for this service.
    BackRecursive: contractId(Recursive, { serializationModes: ['json'], pythonName: () => 'back.Tree' }),
  })
  console.log(`gen: ${calls} calls by Python with classes made of TypeScript`)
}, 60_000)

it('is described by Python as what it was made of, and checked', async () => {
  const before = describeTo('all', [Shared, Session, Ruled])
  await genJson(folder.path, ['all.json', '--lang', 'python', '--out', 'all_services.py'])
  const { out } = await gen(folder.path, ['all_services', ...python(), '--lang', 'json'])
  expect(bare(parseDescription(JSON.parse(out)))).toEqual(bare(before))
  const args = ['all.json', '--lang', 'python', '--out', 'all_services.py', '--check', ...python()]
  expect(await genJson(folder.path, args)).toMatchObject({ upToDate: true })
  describeTo('all', [
    defineService({ name: 'BackShared', methods: { plainText: unary(t.string, t.int) } }),
    Session,
    Ruled,
  ])
  const checked = await gen(folder.path, [...args, '--json'])
  expect(checked.code).toBe(1)
  const { changes } = JSON.parse(checked.out) as { changes: { subject: string; change: string; breaks: boolean }[] }
  expect(changes).toContainEqual(
    expect.objectContaining({
      subject: 'BackShared.plainText, the response',
      change: 't.string is now t.int',
      breaks: true,
    }),
  )
  expect(changes.filter(({ change }) => change === 'removed')).toHaveLength(6)
}, 60_000)

it('is what random modules were: Python made of their descriptions is described the same', async () => {
  await runScript('generated.py', ['make', folder.path, '30', '18'])
  const names = Array.from({ length: 30 }, (_, i) => `m${String(i).padStart(3, '0')}`)
  await genJson(folder.path, [...names, ...python(), '--lang', 'json', '--out', 'random.json'])
  await genJson(folder.path, ['random.json', '--lang', 'python', '--out', 'random_services.py'])
  await genJson(folder.path, ['random_services', ...python(), '--lang', 'json', '--out', 'again.json'])
  const [before, again] = ['random.json', 'again.json'].map((name) =>
    bare(parseDescription(readJson(join(folder.path, name)))),
  )
  expect(again?.types).toEqual(before?.types)
  expect(again?.services).toEqual(before?.services)
}, 60_000)

/** Returns a description without the parts that only one language knows, with its types in the order of their tags. */
function bare({ services, types }: Description): Pick<Description, 'services' | 'types'> {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip)
    // Python has an int for both, and names of its own for members that are none.
    if (value === 'int64') return 'int'
    if (typeof value === 'string' && /^(dark-blue|class)$/.test(value))
      return value === 'class' ? 'class_' : 'dark_blue'
    if (typeof value !== 'object' || value === null) return value
    const dropped = ['pythonName', 'postponedAnnotations', 'contractId', 'pythonAny', 'of', 'base', 'unknown']
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => (dropped.includes(key) ? [] : [[key, strip(item)]])),
    )
  }
  const plain = strip({ services, types }) as Pick<Description, 'services' | 'types'>
  return { ...plain, types: [...plain.types].sort((a, b) => (a.tag < b.tag ? -1 : 1)) }
}
