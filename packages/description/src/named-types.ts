import type { NamedTypeDescription, TypeDescription } from './description.ts'
import type { TypeIndex } from './json.ts'

/** Returns each named type within the given types once, in the order in which they are mentioned: the outer ones first. */
export function namedTypesIn(types: Iterable<TypeDescription>, index: TypeIndex): readonly NamedTypeDescription[] {
  const found = new Map<string, NamedTypeDescription | undefined>()
  // A list, since structs may contain one another. It grows while it is read.
  const open = [...types]
  for (const type of open) {
    if (!('name' in type)) {
      open.push(...partsOf(type))
      continue
    }
    if (found.has(type.name)) continue
    const named = index.get(type.name)
    found.set(type.name, named)
    if (named?.kind === 'struct') open.push(...named.fields.map((field) => field.type))
  }
  return [...found.values()].filter((named) => named !== undefined)
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
