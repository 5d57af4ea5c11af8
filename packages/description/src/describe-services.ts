import { contractId } from '@aster/contract'
import {
  AsterError,
  definitionOf,
  type EnumType,
  type MethodDefinition,
  type ServiceClass,
  type ServiceDefinition,
  type StructType,
  type Type,
} from '@aster/rpc-core'
import { type BareType, wireType } from '@aster/rpc-core/schema'
import type {
  Description,
  EnumDescription,
  FieldDescription,
  MethodDescription,
  NamedTypeDescription,
  NumberFormatKind,
  PlainKind,
  SerializationModeName,
  ServiceDescription,
  StructDescription,
  TypeDescription,
} from './description.ts'
import { toJson } from './json.ts'
import { constantCase, UniqueNames } from './names.ts'

/** Options of `describeServices`. */
export interface DescribeOptions {
  /**
   * The serialization modes that the producer reads.
   *
   * @default ['xlang', 'json']
   */
  serializationModes?: readonly SerializationModeName[] | undefined
  /**
   * The program or package that makes the description, for display.
   *
   * @default no source
   */
  source?: string | undefined
  /**
   * Returns the name of a service or type in code, such as the constant that a module exports.
   *
   * @default derived from the wire name
   */
  nameOf?: ((definition: ServiceDefinition | StructType | EnumType) => string | undefined) | undefined
  /**
   * Whether the description includes contract ids.
   *
   * @default true
   */
  contractIds?: boolean | undefined
}

/**
 * Describes services and every type that their messages consist of.
 *
 * @param services definitions, or classes with `@service`
 * @throws AsterError if a value is not a service, or if a type contains itself without a struct in between
 */
export function describeServices(
  services: readonly (ServiceDefinition | ServiceClass)[],
  options: DescribeOptions = {},
): Description {
  const definitions = services.map(definitionOf)
  const writer = new Writer(options)
  const described = definitions.map((definition) => writer.service(definition))
  const { source } = options
  return { asterDescription: 1, ...(source !== undefined && { source }), services: described, types: writer.types }
}

/** The key under which `@aster/codec-fory` marks numbers of another width than that of their kind. */
const formatKey = Symbol.for('aster.fory.format')

/** The most levels of nested types. Without a bound, a `t.lazy` that stands for itself would nest without end. */
const MAX_LAZY = 100

class Writer {
  readonly types: NamedTypeDescription[] = []
  readonly #index = new Map<string, NamedTypeDescription>()
  readonly #names = new UniqueNames()
  readonly #known = new Map<StructType | EnumType, string>()
  readonly #options: DescribeOptions

  constructor(options: DescribeOptions) {
    this.#options = options
  }

  service(definition: ServiceDefinition): ServiceDescription {
    const { name, version, scope, requires, maxMessageBytes, doc } = definition
    const { serializationModes = ['xlang', 'json'], contractIds = true } = this.#options
    const methods = Object.values(definition.methods).map((method) => this.#method(name, method))
    const constant = constantCase(name)
    return {
      name,
      constant: this.#names.take(this.#options.nameOf?.(definition) ?? constant, `${constant}V${version}`),
      version,
      scope,
      serializationModes,
      methods,
      ...(requires && { requires }),
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
      ...(doc !== undefined && { doc }),
      ...(contractIds && { contractId: contractId(definition, { serializationModes }) }),
    }
  }

  #method(service: string, method: MethodDefinition): MethodDescription {
    const { name, wireName, kind, idempotent, timeoutMs, maxMessageBytes, requires, doc } = method
    const place = `service ${service}, method ${name}`
    return {
      name,
      wireName,
      kind,
      request: this.#type(method.request, place),
      response: this.#type(method.response, place),
      ...(idempotent && { idempotent }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(maxMessageBytes !== undefined && { maxMessageBytes }),
      ...(requires && { requires }),
      ...(doc !== undefined && { doc }),
    }
  }

  #type(outer: Type, place: string, depth = 0): TypeDescription {
    const type = settle(outer)
    if (depth > MAX_LAZY) throw new AsterError(`${place}: a type contains itself; put a t.struct in between`)
    const inner = (part: Type): TypeDescription => this.#type(part, place, depth + 1)
    switch (type.kind) {
      case 'optional': {
        const bare = inner(type.inner)
        return bare.kind === 'optional' ? bare : { kind: 'optional', inner: bare }
      }
      case 'list':
      case 'set':
        return { kind: type.kind, element: inner(type.element) }
      case 'record':
        return { kind: 'record', value: inner(type.value) }
      case 'map':
        return { kind: 'map', key: inner(type.key), value: inner(type.value) }
      case 'struct':
        return { kind: 'struct', name: this.#struct(type) }
      case 'enum':
        return { kind: 'enum', name: this.#enum(type) }
      case 'any':
        return { kind: 'any' }
      default:
        return { kind: plainKind(type) }
    }
  }

  #struct(type: StructType): string {
    const known = this.#known.get(type)
    if (known !== undefined) return known
    const name = this.#claim(type)
    const fields: FieldDescription[] = []
    const { tag, required, doc } = type
    const rest = { ...(required && { required }), fields, ...(doc !== undefined && { doc }) }
    const struct: StructDescription = { kind: 'struct', name, tag, ...rest }
    // Added before the fields are described, since a struct may contain itself.
    this.#index.set(name, struct)
    const defaults: (() => void)[] = []
    for (const field of type.fields) {
      const described = this.#type(field.type, `struct ${tag}, field ${field.name}`)
      const outer = settle(field.type, false)
      const entry: { -readonly [K in keyof FieldDescription]: FieldDescription[K] } = {
        name: field.name,
        wireName: field.wireName,
        type: described,
      }
      if (outer.kind === 'default') defaults.push(() => (entry.default = toJson(described, outer.zero(), this.#index)))
      fields.push(entry)
    }
    for (const write of defaults) write()
    this.types.push(struct)
    return name
  }

  #enum(type: EnumType): string {
    const known = this.#known.get(type)
    if (known !== undefined) return known
    const name = this.#claim(type)
    const { tag, unknown, doc } = type
    const members = type.entries.map((member) => ({ name: member.name, value: member.value }))
    const described: EnumDescription = {
      kind: 'enum',
      name,
      tag,
      members,
      ...(unknown !== undefined && { unknown }),
      ...(doc !== undefined && { doc }),
    }
    this.#index.set(name, described)
    this.types.push(described)
    return name
  }

  #claim(type: StructType | EnumType): string {
    const own = constantCase(type.name)
    const name = this.#names.take(this.#options.nameOf?.(type) ?? own, constantCase(type.namespace) + own)
    this.#known.set(type, name)
    return name
  }
}

/** Removes `t.lazy`, and by default `t.withDefault`. */
function settle(outer: Type): Exclude<BareOrOptional, { kind: 'default' }>
function settle(outer: Type, ofDefault: boolean): BareOrOptional
function settle(outer: Type, ofDefault = true): BareOrOptional {
  let type = wireType(outer)
  for (let i = 0; i < MAX_LAZY; i++) {
    if (type.kind === 'lazy') type = wireType(type.target)
    else if (type.kind === 'default' && ofDefault) type = wireType(type.inner)
    else return type
  }
  throw new AsterError('t.lazy: stands for nothing but itself')
}

type BareOrOptional = Exclude<ReturnType<typeof wireType>, { kind: 'lazy' }>

function plainKind(
  type: Exclude<BareType, { kind: 'list' | 'set' | 'record' | 'map' | 'struct' | 'enum' | 'any' }>,
): PlainKind {
  return (type as { [formatKey]?: NumberFormatKind })[formatKey] ?? type.kind
}
