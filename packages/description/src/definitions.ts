import { contractId } from '@aster/contract'
import {
  AsterError,
  bidiStream,
  clientStream,
  defineService,
  type EnumType,
  type MethodKind,
  serverStream,
  type ServiceDefinition,
  type StructType,
  t,
  type Type,
  unary,
} from '@aster/rpc-core'
import { errorMessage, formatPath, isErrorLike, type PathSegment } from '@aster/rpc-core/schema'
import type {
  Description,
  EnumDescription,
  FieldDescription,
  MethodDescription,
  NumberFormatKind,
  ServiceDescription,
  StructDescription,
  TypeDescription,
} from './description.ts'
import { fromJson, type TypeIndex } from './json.ts'

/** The definitions that a description describes. */
export interface Definitions {
  /** The description. */
  readonly description: Description
  /** The services in the order of the description. */
  readonly services: readonly DescribedService[]
  /** The structs and enums by their `name` in the description. */
  readonly types: ReadonlyMap<string, StructType | EnumType>
}

/** A service of a description, together with its definition. */
export interface DescribedService {
  /** The description. */
  readonly description: ServiceDescription
  /** The definition. */
  readonly definition: ServiceDefinition
}

/**
 * Returns the definitions that a description describes. A program can then call or serve services that were not known when it
 * was written.
 *
 * @param description as `parseDescription` returns it
 * @throws AsterError if a part of the description is not a valid definition; the message names the part
 */
export function toDefinitions(description: Description): Definitions {
  const builder = new Builder(description)
  const services = description.services.map((one, i) => builder.service(one, i))
  return { description, services, types: builder.types }
}

/**
 * Returns the contract id that a producer of a described service publishes, computed from the definitions.
 *
 * @param service one of `definitions.services`
 */
export function describedContractId(definitions: Definitions, service: DescribedService): string {
  const { description, types } = definitions
  const names = new Map<unknown, string>()
  for (const { kind, name, pythonName } of description.types)
    if (kind === 'struct' && pythonName !== undefined) names.set(types.get(name), pythonName)
  const { serializationModes, postponedAnnotations } = service.description
  return contractId(service.definition, {
    serializationModes,
    postponedAnnotations,
    pythonName: (struct) => names.get(struct) ?? `${struct.namespace}.${struct.name}`,
  })
}

const makers = { unary, serverStream, clientStream, bidiStream } satisfies Record<MethodKind, unknown>

/** The key under which `@aster/codec-fory` marks `fixedInt32` and the like. */
const formatKey = Symbol.for('aster.fory.format')
const formats: Readonly<Record<NumberFormatKind, Type>> = {
  fixedInt32: withFormat(t.int32, 'fixedInt32'),
  fixedUint32: withFormat(t.uint32, 'fixedUint32'),
  fixedInt64: withFormat(t.int64, 'fixedInt64'),
  fixedUint64: withFormat(t.uint64, 'fixedUint64'),
  taggedInt64: withFormat(t.int64, 'taggedInt64'),
  taggedUint64: withFormat(t.uint64, 'taggedUint64'),
}

function withFormat(type: Type, format: NumberFormatKind): Type {
  return { ...type, [formatKey]: format } as Type
}

class Builder {
  readonly types = new Map<string, StructType | EnumType>()
  readonly #index: TypeIndex

  constructor({ types }: Description) {
    this.#index = new Map(types.map((type) => [type.name, type]))
    types.forEach((type, i) => {
      const place = ['types', i] as const
      this.types.set(type.name, type.kind === 'struct' ? this.#struct(type, place) : makeEnum(type, place))
    })
    types.forEach((type, i) => type.kind === 'struct' && this.#checkDefaults(type, ['types', i]))
  }

  service(description: ServiceDescription, at: number): DescribedService {
    const { name, version, scope, maxMessageBytes, requires, methods, doc } = description
    const definition = guard(['services', at], () =>
      defineService({
        name,
        version,
        scope,
        ...(maxMessageBytes !== undefined && { maxMessageBytes }),
        ...(requires && { requires }),
        ...(doc !== undefined && { doc }),
        methods: Object.fromEntries(
          methods.map((method, i) => guard(['services', at, 'methods', i], () => this.#method(method))),
        ),
      }),
    )
    return { description, definition }
  }

  #method(method: MethodDescription) {
    const { name, wireName, kind, idempotent = false, timeoutMs, maxMessageBytes, requires, doc } = method
    const spec = makers[kind](this.#type(method.request), this.#type(method.response), {
      wireName,
      idempotent,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
      ...(requires && { requires }),
      ...(doc !== undefined && { doc }),
    })
    return [name, spec] as const
  }

  #struct({ tag, fields, required = false, doc }: StructDescription, place: readonly PathSegment[]): StructType {
    const entries = fields.map((field, i) => {
      const type = guard([...place, 'fields', i], () => this.#fieldType(field))
      return [field.name, t.named(field.wireName, type)] as const
    })
    return guard(place, () => {
      if (new Set(entries.map(([name]) => name)).size < entries.length)
        throw new AsterError(`struct ${tag}: two fields have the same name`)
      return t.struct(tag, Object.fromEntries(entries), { naming: 'exact', required, doc })
    })
  }

  #fieldType({ type, default: json }: FieldDescription): Type {
    const bare = this.#type(type)
    if (json === undefined) return bare
    // Lazy, since `t.withDefault` would check the default at once, when structs in the type may not be made yet.
    return t.withDefault(
      t.lazy(() => bare),
      fromJson(type, json, this.#index),
    )
  }

  #type(type: TypeDescription): Type {
    switch (type.kind) {
      case 'optional':
        return t.optional(this.#type(type.inner))
      case 'list':
        return t.list(this.#type(type.element))
      case 'set':
        return t.set(this.#type(type.element))
      case 'record':
        return t.record(this.#type(type.value))
      case 'map':
        return t.map(this.#type(type.key), this.#type(type.value))
      case 'struct':
      case 'enum':
        return this.types.get(type.name) ?? t.lazy(() => this.types.get(type.name) as Type)
      case 'any':
        return t.any
      default:
        return type.kind in formats ? formats[type.kind as NumberFormatKind] : t[type.kind as 'int']
    }
  }

  #checkDefaults({ name, fields }: StructDescription, place: readonly PathSegment[]): void {
    const struct = this.types.get(name) as StructType
    fields.forEach((field, i) => {
      if (field.default !== undefined)
        guard([...place, 'fields', i, 'default'], () => completeDefault(struct.fields[i]?.type))
    })
  }
}

function completeDefault(type: Type | undefined): void {
  try {
    type?.zero()
  } catch (error) {
    // A default that contains itself overflows the stack.
    throw isErrorLike(error) && error.name === 'RangeError' ? new AsterError('the default contains itself') : error
  }
}

function makeEnum({ tag, members, unknown, doc }: EnumDescription, place: readonly PathSegment[]): EnumType {
  return guard(place, () => {
    if (new Set(members.map((member) => member.name)).size < members.length)
      throw new AsterError(`enum ${tag}: two members have the same name`)
    const values = Object.fromEntries(members.map((member) => [member.name, member.value]))
    return t.enum(tag, values, { ...(unknown !== undefined && { unknown }), doc })
  })
}

/** Runs `run`, and adds the path in the description to the error that it throws. */
function guard<T>(place: readonly PathSegment[], run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (placed.has(error as object)) throw error
    const outer = new AsterError(`description: ${formatPath(place)}: ${errorMessage(error)}`, { cause: error })
    placed.add(outer)
    throw outer
  }
}

/** The errors whose message names a path already. */
const placed = new WeakSet<object>()
