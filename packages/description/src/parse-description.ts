import { AsterError } from '@aster/rpc-core'
import { describeShown, formatPath, type PathSegment } from '@aster/rpc-core/schema'
import { LIMITS } from '@aster/rpc-core/protocol'
import * as v from 'valibot'
import { checkDefaultSizes } from './default-sizes.ts'
import { camelCase, UniqueNames } from './names.ts'
import type { Description, JsonValue, NamedTypeDescription, TypeDescription } from './description.ts'

/** The most levels of nesting in a description, far more than the description of a real program has. */
const MAX_DEPTH = 100

// The message of each schema names the expected value.
const text = v.string('a string')
const name = v.pipe(
  text,
  v.nonEmpty('a name that is not empty'),
  v.maxLength(1_000, 'a name of at most 1,000 characters'),
)
const flag = v.boolean('true or false')
const positive = v.pipe(
  v.number('a positive integer'),
  v.integer('a positive integer'),
  v.minValue(1, 'a positive integer'),
)
const requires = v.object(
  {
    kind: v.picklist(['role', 'anyOf', 'allOf'], "'role', 'anyOf' or 'allOf'"),
    roles: v.pipe(v.array(text, 'a list of roles'), v.minLength(1, 'at least one role')),
  },
  'a rule about roles',
)

const plainKinds = [
  'string',
  'bool',
  'bytes',
  'int',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'timestamp',
  'date',
  'fixedInt32',
  'fixedUint32',
  'fixedInt64',
  'fixedUint64',
  'taggedInt64',
  'taggedUint64',
] as const

const type: v.GenericSchema<unknown, TypeDescription> = v.lazy(() => typeVariants)
const pythonAny = v.optional(flag)
const typeVariants = v.variant(
  'kind',
  [
    v.object({ kind: v.picklist(plainKinds), pythonAny }),
    v.object({ kind: v.literal('any'), of: v.optional(v.array(type, 'a list of types')), pythonAny }),
    v.object({ kind: v.literal('optional'), inner: type, pythonAny }),
    v.object({ kind: v.picklist(['list', 'set']), element: type, pythonAny }),
    v.object({ kind: v.literal('record'), value: type, pythonAny }),
    v.object({ kind: v.literal('map'), key: type, value: type, pythonAny }),
    v.object({ kind: v.picklist(['struct', 'enum']), name, pythonAny }),
  ],
  "a type, an object with a kind such as 'string' or 'list'",
)

const json = v.custom<JsonValue>((value) => value !== undefined, 'a JSON value')
const field = v.object(
  { name: v.optional(name), wireName: name, type, default: v.optional(json), doc: v.optional(text) },
  'a field',
)
const struct = v.object({
  kind: v.literal('struct'),
  name,
  tag: name,
  required: v.optional(flag),
  fields: v.array(field, 'a list of fields'),
  doc: v.optional(text),
  pythonName: v.optional(text),
})
const memberValue = v.union([text, v.number()], 'a string or a number')
const member = v.object({ name, value: memberValue, doc: v.optional(text) }, 'a member')
const enumType = v.object({
  kind: v.literal('enum'),
  name,
  tag: name,
  members: v.pipe(v.array(member, 'a list of members'), v.minLength(1, 'at least one member')),
  unknown: v.optional(memberValue),
  base: v.optional(v.picklist(['enum', 'int', 'string'], "'enum', 'int' or 'string'")),
  doc: v.optional(text),
  pythonName: v.optional(text),
})
const method = v.object(
  {
    name: v.optional(name),
    wireName: name,
    kind: v.picklist(
      ['unary', 'serverStream', 'clientStream', 'bidiStream'],
      "'unary', 'serverStream', 'clientStream' or 'bidiStream'",
    ),
    request: type,
    response: type,
    idempotent: v.optional(flag),
    timeoutMs: v.optional(v.pipe(v.number('a number above 0'), v.gtValue(0, 'a number above 0'))),
    maxMessageBytes: v.optional(positive),
    requires: v.optional(requires),
    doc: v.optional(text),
  },
  'a method',
)
const service = v.object(
  {
    name,
    constant: name,
    version: positive,
    scope: v.picklist(['shared', 'session'], "'shared' or 'session'"),
    serializationModes: v.array(
      v.picklist(['xlang', 'native', 'row', 'json'], "'xlang', 'native', 'row' or 'json'"),
      'a list of formats',
    ),
    methods: v.array(method, 'a list of methods'),
    requires: v.optional(requires),
    maxMessageBytes: v.optional(positive),
    doc: v.optional(text),
    contractId: v.optional(v.pipe(text, v.regex(/^[0-9a-f]{64}$/, '64 hex digits'))),
    pythonName: v.optional(text),
    postponedAnnotations: v.optional(flag),
  },
  'a service',
)
const schema = v.object(
  {
    asterDescription: v.literal(1, '1, the version of the format'),
    source: v.optional(text),
    services: v.array(service, 'a list of services'),
    types: v.array(
      v.variant('kind', [struct, enumType], "a type, an object of kind 'struct' or 'enum'"),
      'a list of types',
    ),
  },
  'a description, an object',
)

/**
 * Checks a description: its form, that no name occurs twice, and that it contains every type it refers to. Unknown members
 * are dropped.
 *
 * @param source the origin of the description, such as a file name, for the message
 * @default source is `'description'`
 * @throws AsterError if the description is malformed; the message names the part, what was expected and what was found
 */
export function parseDescription(value: unknown, source = 'description'): Description {
  const fail: Fail = (path, message) => {
    throw new AsterError(`${source}: ${path.length === 0 ? '' : `${formatPath(path)}: `}${message}`)
  }
  assertBounded(value, fail)
  const result = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true })
  if (!result.success) {
    const [issue] = result.issues
    const path = (issue.path ?? []).map(({ key }) => key as PathSegment)
    // If a member is missing, the issue has the message of the object.
    if (issue.input === undefined && path.length > 0) return fail(path, 'missing')
    return fail(path, `expected ${issue.message}, found ${describeShown(issue.input)}`)
  }
  const description = withNames(result.output)
  checkNames(description, fail)
  checkDefaultSizes(description, LIMITS.describedValues, (path) =>
    fail(path, `expected at most ${LIMITS.describedValues} values in the defaults of all structs together`),
  )
  return description
}

interface Named {
  readonly name?: string | undefined
  readonly wireName: string
}

/** Adds TypeScript names to methods and fields without one. */
function withNames(description: v.InferOutput<typeof schema>): Description {
  return {
    ...description,
    services: description.services.map((service) => ({
      ...service,
      // No method is named `then`: `await` would treat such a client as a promise.
      methods: nameAll(service.methods, ['then']),
    })),
    types: description.types.map((type) =>
      type.kind === 'enum' ? type : { ...type, fields: nameAll(type.fields, ['__proto__']) },
    ),
  }
}

function nameAll<T extends Named>(all: readonly T[], reserved: readonly string[]): (T & { readonly name: string })[] {
  const names = new UniqueNames([...reserved, ...all.flatMap(({ name }) => name ?? [])])
  return all.map((one) => {
    const { name, wireName } = one
    return { ...one, name: name ?? names.take(camelCase(wireName), wireName, `${wireName}_`) }
  })
}

/**
 * Checks a description in a JSON string, as `parseDescription` does.
 *
 * @default source is `'description'`
 * @throws AsterError if the string is not JSON, and as `parseDescription` does
 */
export function parseDescriptionText(text: string, source = 'description'): Description {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AsterError(`${source}: expected JSON`)
  }
  return parseDescription(value, source)
}

/** Checks the depth and size of a value without recursion, since a peer may have sent the value. */
function assertBounded(value: unknown, fail: Fail): void {
  let level = [value]
  let count = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) fail([], `expected at most ${MAX_DEPTH} levels of nesting`)
    count += level.length
    if (count > LIMITS.describedValues) fail([], `expected at most ${LIMITS.describedValues} values`)
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : []))
  }
}

type Fail = (path: readonly PathSegment[], message: string) => never

function checkNames({ services, types }: Description, fail: Fail): void {
  const constants = new Set<string>()
  const known = new Map<string, NamedTypeDescription['kind']>()
  const claim = (path: readonly PathSegment[], wanted: string): void => {
    if (constants.has(wanted)) fail(path, `expected a name of its own, found ${describeShown(wanted)} twice`)
    constants.add(wanted)
  }
  types.forEach(({ name, kind }, i) => {
    claim(['types', i, 'name'], name)
    known.set(name, kind)
  })
  services.forEach(({ constant }, i) => claim(['services', i, 'constant'], constant))

  const checkType = (path: readonly PathSegment[], type: TypeDescription): void => {
    switch (type.kind) {
      case 'struct':
      case 'enum':
        if (known.get(type.name) !== type.kind)
          fail(
            [...path, 'name'],
            `expected ${type.kind === 'enum' ? 'an enum' : 'a struct'} of the types, found ${describeShown(type.name)}`,
          )
        return
      case 'optional':
        return checkType([...path, 'inner'], type.inner)
      case 'list':
      case 'set':
        return checkType([...path, 'element'], type.element)
      case 'map':
        checkType([...path, 'key'], type.key)
        return checkType([...path, 'value'], type.value)
      case 'record':
        return checkType([...path, 'value'], type.value)
      case 'any':
        return type.of?.forEach((one, i) => checkType([...path, 'of', i], one))
      default:
        return undefined
    }
  }
  const checkUnique = (path: readonly PathSegment[], key: string, all: readonly object[]): void => {
    const seen = new Set<unknown>()
    all.forEach((one, i) => {
      const value = (one as Readonly<Record<string, unknown>>)[key]
      if (seen.has(value)) fail([...path, i, key], `expected a name of its own, found ${describeShown(value)} twice`)
      seen.add(value)
    })
  }
  types.forEach((one, i) => {
    if (one.kind === 'enum') return checkUnique(['types', i, 'members'], 'name', one.members)
    for (const key of ['name', 'wireName']) checkUnique(['types', i, 'fields'], key, one.fields)
    return one.fields.forEach((field, j) => checkType(['types', i, 'fields', j, 'type'], field.type))
  })
  services.forEach(({ methods }, i) => {
    for (const key of ['name', 'wireName']) checkUnique(['services', i, 'methods'], key, methods)
    methods.forEach(({ request, response }, j) => {
      checkType(['services', i, 'methods', j, 'request'], request)
      checkType(['services', i, 'methods', j, 'response'], response)
    })
  })
}
