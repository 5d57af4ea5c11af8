import type { Description, TypeDescription } from './description.ts'

/** Returns a description of the services with the given names and of the types that their messages consist of. */
export function selectServices(description: Description, names: readonly string[]): Description {
  const wanted = new Set(names)
  const services = description.services.filter(({ name }) => wanted.has(name))
  const known = new Map(description.types.map((type) => [type.name, type]))
  const used = new Set<string>()
  const left: TypeDescription[] = services.flatMap(({ methods }) =>
    methods.flatMap((one) => [one.request, one.response]),
  )
  // No recursion: structs may contain one another.
  for (let type = left.pop(); type !== undefined; type = left.pop()) {
    if (!('name' in type)) {
      left.push(...partsOf(type))
      continue
    }
    if (used.has(type.name)) continue
    used.add(type.name)
    const named = known.get(type.name)
    if (named?.kind === 'struct') left.push(...named.fields.map((field) => field.type))
  }
  return { ...description, services, types: description.types.filter(({ name }) => used.has(name)) }
}

function partsOf(type: Exclude<TypeDescription, { kind: 'struct' | 'enum' }>): readonly TypeDescription[] {
  switch (type.kind) {
    case 'optional':
      return [type.inner]
    case 'list':
    case 'set':
      return [type.element]
    case 'record':
      return [type.value]
    case 'map':
      return [type.key, type.value]
    case 'any':
      return type.of ?? []
    default:
      return []
  }
}
