import type { Description, FieldDescription, TypeDescription } from '@aster/client'

type Types = ReadonlyMap<string, Description['types'][number]>

/** How many levels of nested structs an example shows. */
const MAX_DEPTH = 4

/** Returns an example request of a type, with a value for every field, in the form that `aster call` accepts. */
export function exampleOf(type: TypeDescription, { types }: Pick<Description, 'types'>): unknown {
  return example(type, new Map(types.map((one) => [one.name, one])), 0)
}

function example(type: TypeDescription, types: Types, depth: number): unknown {
  switch (type.kind) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'bytes':
      return ''
    case 'timestamp':
      return '2026-01-01T00:00:00Z'
    case 'date':
      return '2026-01-01'
    case 'any':
    case 'optional':
      return type.kind === 'any' || depth > 0 ? (type.kind === 'any' ? null : optional(type.inner, types, depth)) : null
    case 'list':
    case 'set':
      return depth >= MAX_DEPTH ? [] : [example(type.element, types, depth + 1)]
    case 'record':
      return depth >= MAX_DEPTH ? {} : { key: example(type.value, types, depth + 1) }
    case 'map': {
      const key = example(type.key, types, MAX_DEPTH)
      const text = typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : ''
      return depth >= MAX_DEPTH ? {} : { [text === '' ? 'key' : text]: example(type.value, types, depth + 1) }
    }
    case 'enum': {
      const found = types.get(type.name)
      return found?.kind === 'enum' ? found.members[0]?.value : null
    }
    case 'struct': {
      const found = types.get(type.name)
      if (found?.kind !== 'struct' || depth > MAX_DEPTH) return {}
      return Object.fromEntries(found.fields.map((field) => [field.wireName, fieldExample(field, types, depth + 1)]))
    }
    default:
      return 0
  }
}

/** Returns the default of a field, if that is a plain value and not the usual one of its type. */
function fieldExample({ type, default: value }: FieldDescription, types: Types, depth: number): unknown {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return isPlain ? value : example(type, types, depth)
}

/** Returns `null` for an optional struct, because the struct may contain itself. */
function optional(inner: TypeDescription, types: Types, depth: number): unknown {
  return inner.kind === 'struct' || depth >= MAX_DEPTH ? null : example(inner, types, depth)
}
