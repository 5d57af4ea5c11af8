// The services of `services.py` in TypeScript.
import { allOf, anyOf, bidiStream, clientStream, defineService, serverStream, t, unary } from '@aster/client'

export const Point = t.struct('interop/Point', { x: t.int, y: t.int })

const beforeBlob = { text: t.string, count: t.int, ratio: t.float64, flag: t.bool }
const beforeRatios = {
  maybeText: t.optional(t.string),
  maybeCount: t.optional(t.int),
  point: Point,
  maybePoint: t.optional(Point),
  tags: t.list(t.string),
  numbers: t.list(t.int),
}
const rest = {
  points: t.list(Point),
  labels: t.record(t.string),
  scores: t.record(t.int),
  places: t.record(Point),
  byId: t.map(t.int, t.string),
  matrix: t.list(t.list(t.int)),
  groups: t.record(t.list(t.string)),
}
export const Plain = t.struct('interop/Plain', { ...beforeBlob, ...beforeRatios, ...rest })
// The contract id depends on the order of the fields.
export const Everything = t.struct('interop/Everything', {
  ...beforeBlob,
  blob: t.bytes,
  ...beforeRatios,
  ratios: t.list(t.float64),
  ...rest,
})
export const Color = t.enum('interop/Color', { RED: 'red', GREEN: 'green', BLUE: 'blue' })
export const Level = t.enum('interop/Level', { LOW: 1, HIGH: 10 })
export const Paint = t.struct('interop/Paint', { color: Color, level: Level, name: t.string })
export const Ask = t.struct('interop/Ask', { text: t.string, count: t.int })
export const Answer = t.struct('interop/Answer', { text: t.string, count: t.int })
export const Blob = t.struct('interop/Blob', { data: t.bytes })

export const Interop = defineService({
  name: 'Interop',
  version: 1,
  methods: {
    say: unary(Ask, Answer),
    echo: unary(Everything, Everything),
    plain: unary(Plain, Plain),
    paint: unary(Paint, Paint),
    blob: unary(Blob, Blob),
    make: unary(Ask, Blob),
    text: unary(Ask, Answer),
    fail: unary(Ask, Answer),
    sleep: unary(Ask, Answer),
    metadata: unary(Ask, Answer, { idempotent: true }),
    context: unary(Ask, Answer, { idempotent: true }),
    stats: unary(Ask, Answer, { idempotent: true }),
    countUp: serverStream(Ask, Answer),
    tick: serverStream(Ask, Answer),
    makeMany: serverStream(Ask, Blob),
    addUp: clientStream(Ask, Answer),
    addSlowly: clientStream(Ask, Answer),
    chat: bidiStream(Ask, Answer),
    talk: bidiStream(Ask, Answer),
  },
})

export const Counter = defineService({
  name: 'Counter',
  version: 2,
  scope: 'session',
  methods: {
    add: unary(Ask, Answer),
    sleep: unary(Ask, Answer),
    text: unary(Ask, Answer),
    context: unary(Ask, Answer),
    history: serverStream(Ask, Answer),
    tick: serverStream(Ask, Answer),
    addAll: clientStream(Ask, Answer),
    chat: bidiStream(Ask, Answer),
  },
})

export const Later = defineService({ name: 'Later', version: 3, methods: { say: unary(Ask, Answer) } })

export const Guarded = defineService({
  name: 'Guarded',
  version: 1,
  methods: { secret: unary(Ask, Answer, { requires: 'ops' }), open: unary(Ask, Answer) },
})

const rules = {
  version: 1,
  requires: anyOf('dev', 'ops'),
  methods: {
    open: unary(Ask, Answer),
    drop: unary(Ask, Answer, { requires: 'ops' }),
    watch: serverStream(Ask, Answer, { requires: allOf('dev', 'ops') }),
    upload: clientStream(Ask, Answer, { requires: anyOf('ops', 'admin') }),
    chat: bidiStream(Ask, Answer, { requires: 'ops' }),
  },
}
/** The service of `rules.py`. */
export const Rules = defineService({ name: 'Rules', ...rules })
export const RulesSession = defineService({ name: 'RulesSession', scope: 'session', ...rules })

/** The service of `edges.py`. */
export const Edges = defineService({
  name: 'Edges',
  version: 1,
  scope: 'session',
  methods: {
    add: unary(Ask, Answer),
    addSlowly: clientStream(Ask, Answer),
  },
})
