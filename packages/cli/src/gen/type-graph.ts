import type {
  Description,
  FieldDescription,
  JsonValue,
  NamedTypeDescription,
  StructDescription,
  TypeDescription,
} from '@aster/description'

/** Returns the names of the types directly within a type, in order. */
function namesIn(type: TypeDescription): readonly string[] {
  switch (type.kind) {
    case 'struct':
    case 'enum':
      return [type.name]
    case 'optional':
      return namesIn(type.inner)
    case 'list':
    case 'set':
      return namesIn(type.element)
    case 'record':
      return namesIn(type.value)
    case 'map':
      return [...namesIn(type.key), ...namesIn(type.value)]
    default:
      return []
  }
}

export function isStruct(type: NamedTypeDescription | undefined): type is StructDescription {
  return type?.kind === 'struct'
}

/** Returns the structs that contain themselves, directly or through others. */
export function recursiveStructs({ types }: Pick<Description, 'types'>): ReadonlySet<string> {
  const index = new Map(types.map((type) => [type.name, type]))
  const inner = (name: string): readonly string[] => {
    const type = index.get(name)
    return isStruct(type) ? type.fields.flatMap((field) => namesIn(field.type)) : []
  }
  const isRecursive = (name: string): boolean => {
    const seen = new Set<string>()
    const open = [...inner(name)]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === name) return true
      if (seen.has(next)) continue
      seen.add(next)
      open.push(...inner(next))
    }
    return false
  }
  return new Set(types.filter(isStruct).flatMap(({ name }) => (isRecursive(name) ? [name] : [])))
}

/** Returns the types that the messages of the services consist of, in the order of the description. */
export function typesOf({ services, types }: Description): readonly NamedTypeDescription[] {
  const index = new Map(types.map((type) => [type.name, type]))
  const used = new Set<string>()
  const open = services.flatMap(({ methods }) =>
    methods.flatMap(({ request, response }) => [...allNames(request), ...allNames(response)]),
  )
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (used.has(name)) continue
    used.add(name)
    const type = index.get(name)
    if (isStruct(type)) open.push(...type.fields.flatMap((field) => allNames(field.type)))
  }
  return types.filter(({ name }) => used.has(name))
}

/** Does what `namesIn` does, and adds the known types of values without a declared type. */
function allNames(type: TypeDescription): readonly string[] {
  switch (type.kind) {
    case 'any':
      return (type.of ?? []).flatMap(allNames)
    case 'optional':
      return allNames(type.inner)
    case 'list':
    case 'set':
      return allNames(type.element)
    case 'record':
      return allNames(type.value)
    case 'map':
      return [...allNames(type.key), ...allNames(type.value)]
    default:
      return namesIn(type)
  }
}

/** Returns whether a type has an implied default, so that a field of it may be left out. */
function hasZero(
  type: TypeDescription,
  index: ReadonlyMap<string, NamedTypeDescription>,
  open: readonly string[] = [],
): boolean {
  if (type.kind !== 'struct') return true
  const struct = index.get(type.name)
  if (!isStruct(struct) || open.includes(type.name)) return false
  return struct.fields.every((field) => hasDefault(field, struct, index, [...open, type.name]))
}

/** Returns whether a field may be left out. */
export function hasDefault(
  field: FieldDescription,
  { required = false }: StructDescription,
  index: ReadonlyMap<string, NamedTypeDescription>,
  open: readonly string[] = [],
): boolean {
  if (field.default !== undefined || field.type.kind === 'optional' || field.type.kind === 'any') return true
  return !required && hasZero(field.type, index, open)
}

/** Returns the value of a field that is left out, as JSON, or `undefined` if the field cannot be left out. */
export function zeroJson(
  field: FieldDescription,
  { required = false }: StructDescription,
  index: ReadonlyMap<string, NamedTypeDescription>,
  open: readonly string[] = [],
): JsonValue | undefined {
  if (field.default !== undefined) return field.default
  const { type } = field
  if (type.kind === 'optional' || type.kind === 'any') return null
  if (required) return undefined
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'record':
    case 'map':
      return []
    case 'string':
    case 'bytes':
      return ''
    case 'bool':
      return false
    case 'timestamp':
      return '1970-01-01T00:00:00Z'
    case 'date':
      return '1970-01-01'
    case 'enum': {
      const found = index.get(type.name)
      return found?.kind === 'enum' ? found.members[0]?.name : undefined
    }
    case 'struct': {
      const struct = index.get(type.name)
      if (!isStruct(struct) || open.includes(type.name)) return undefined
      const out: Record<string, JsonValue> = {}
      for (const inner of struct.fields) {
        const zero = zeroJson(inner, struct, index, [...open, type.name])
        if (zero === undefined) return undefined
        out[inner.wireName] = zero
      }
      return out
    }
    default:
      return 0
  }
}
