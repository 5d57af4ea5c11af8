import {
  bidiStream,
  clientStream,
  defineService,
  serverStream,
  type ServiceScope,
  t,
  type Type,
  unary,
} from '@aster/rpc-core'

/** One side of a change: its definition of the message, the message that it sends, and the message that it reads. */
export interface Side {
  readonly type: Type
  readonly sends: object
  /** The message of the other side as this side reads it; `undefined` if this side cannot read it. */
  readonly reads?: object
}

/** A change of a message. Its name is that of its row in docs/changing-a-service.md. */
export interface Change {
  readonly name: string
  readonly in: 'request' | 'response'
  /** The namespace of the tags of its types. */
  readonly namespace: string
  readonly old: Side
  readonly new: Side
}

/** Returns the changes, with tags in a namespace. */
export function changesIn(namespace: string): readonly Change[] {
  const members = { LOW: 1, HIGH: 2 } as const
  const Level = t.enum(`${namespace}/Level`, members)
  const LenientLevel = t.enum(`${namespace}/Level`, members, { unknown: -1 })
  const LongerLevel = t.enum(`${namespace}/Level`, { ...members, TOP: 3 })
  const ShuffledLevel = t.enum(`${namespace}/Level`, { NONE: 0, ...members })

  const Message = t.struct(`${namespace}/Message`, { name: t.string })
  const message = { name: 'a' }
  const old = { type: Message, sends: message, reads: message }

  /** Returns the type of a newer message with one more field. */
  const more = (field: Type): Type => t.struct(`${namespace}/Message`, { name: t.string, more: field })

  const levels = (level: Type): Type => t.struct(`${namespace}/Levels`, { items: t.list(level) })

  const optional: Side = {
    type: more(t.optional(t.int)),
    sends: { name: 'a', more: 5 },
    reads: { name: 'a', more: undefined },
  }
  const withDefault: Side = {
    type: more(t.withDefault(t.int, 1)),
    sends: { name: 'a', more: 5 },
    reads: { name: 'a', more: 1 },
  }
  const required: Side = {
    type: t.struct(`${namespace}/Message`, { name: t.string, more: t.int }, { required: true }),
    sends: { name: 'a', more: 5 },
  }

  const all: readonly Omit<Change, 'namespace'>[] = [
    { name: 'an additional `t.optional` field in a response', in: 'response', old, new: optional },
    { name: 'an additional `t.withDefault` field in a response', in: 'response', old, new: withDefault },
    {
      name: 'any other additional field in a response',
      in: 'response',
      old,
      new: { type: more(t.int), sends: { name: 'a', more: 5 } },
    },
    { name: 'an additional `t.optional` field in a request', in: 'request', old, new: optional },
    { name: 'an additional `t.withDefault` field in a request', in: 'request', old, new: withDefault },
    {
      name: 'any other additional field in a request',
      in: 'request',
      old,
      new: { type: more(t.int), sends: { name: 'a', more: 5 }, reads: { name: 'a', more: 0 } },
    },
    { name: 'an additional field in a request with `required: true`', in: 'request', old, new: required },
    {
      name: 'a field renamed in a response',
      in: 'response',
      old,
      new: { type: t.struct(`${namespace}/Message`, { title: t.string }), sends: { title: 'a' } },
    },
    {
      name: 'a field of another type in a response',
      in: 'response',
      old,
      new: { type: t.struct(`${namespace}/Message`, { name: t.int }), sends: { name: 5 } },
    },
    {
      name: 'a field that became `t.optional` in a response, and is left out',
      in: 'response',
      old,
      new: { type: t.struct(`${namespace}/Message`, { name: t.optional(t.string) }), sends: {}, reads: { name: 'a' } },
    },
    {
      name: 'fields in another order',
      in: 'response',
      old: {
        type: t.struct(`${namespace}/Pair`, { a: t.int, b: t.int }),
        sends: { a: 1, b: 2 },
        reads: { a: 1, b: 2 },
      },
      new: {
        type: t.struct(`${namespace}/Pair`, { b: t.int, a: t.int }),
        sends: { a: 1, b: 2 },
        reads: { a: 1, b: 2 },
      },
    },
    {
      name: 'another default, if the sender leaves the field out',
      in: 'request',
      old: {
        type: t.struct(`${namespace}/Order`, { quantity: t.withDefault(t.int, 1) }),
        sends: {},
        reads: { quantity: 2 },
      },
      new: {
        type: t.struct(`${namespace}/Order`, { quantity: t.withDefault(t.int, 2) }),
        sends: {},
        reads: { quantity: 1 },
      },
    },
    {
      name: 'another tag of a struct in a response',
      in: 'response',
      old,
      new: { type: t.struct(`${namespace}/Renamed`, { name: t.string }), sends: message, reads: message },
    },
    {
      name: 'another tag of a struct in a request',
      in: 'request',
      old,
      new: { type: t.struct(`${namespace}/Renamed`, { name: t.string }), sends: message, reads: message },
    },
    {
      name: 'a member at the end of an enum with `unknown`',
      in: 'response',
      old: { type: levels(LenientLevel), sends: { items: [1, 2] }, reads: { items: [1, -1] } },
      new: { type: levels(LongerLevel), sends: { items: [1, 3] }, reads: { items: [1, 2] } },
    },
    {
      name: 'a member at the end of an enum with `unknown`, in a request',
      in: 'request',
      old: { type: levels(LenientLevel), sends: { items: [1, 2] }, reads: { items: [1, -1] } },
      new: { type: levels(LongerLevel), sends: { items: [1, 3] }, reads: { items: [1, 2] } },
    },
    {
      name: 'a member at the end of an enum without `unknown`',
      in: 'response',
      old: { type: levels(Level), sends: { items: [1, 2] } },
      new: { type: levels(LongerLevel), sends: { items: [1, 3] }, reads: { items: [1, 2] } },
    },
    {
      name: 'a member at another place of an enum',
      in: 'response',
      old: { type: levels(Level), sends: { items: [1, 1] }, reads: { items: [1, 1] } },
      new: { type: levels(ShuffledLevel), sends: { items: [1, 1] }, reads: { items: [1, 1] } },
    },
  ]
  return all.map((change) => ({ ...change, namespace }))
}

export const changes = changesIn('changes')

export type Age = 'old' | 'new'
export const otherAge = { old: 'new', new: 'old' } as const

export const ping = { text: 'ping' }

/** Returns the service with the change, as the program of an age defines it. All methods have the same messages. */
export function serviceOf(change: Change, age: Age, scope: ServiceScope, name = 'Changing') {
  const { type } = change[age]
  const Ping = t.struct(`${change.namespace}/Ping`, { text: t.string })
  const [request, response] = change.in === 'request' ? [type, Ping] : [Ping, type]
  return defineService({
    name,
    scope,
    methods: {
      one: unary(request, response),
      many: serverStream(request, response),
      up: clientStream(request, response),
      chat: bidiStream(request, response),
    },
  })
}
