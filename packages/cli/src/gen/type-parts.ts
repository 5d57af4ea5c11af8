import type { NamedTypeDescription, TypeDescription } from '@aster/description'
import { isStruct } from './type-graph.ts'
import { isNumberFormat } from './typescript-types.ts'

/** Returns the numbers of `pyfory` within a type. */
export function formatsIn(type: TypeDescription): readonly string[] {
  switch (type.kind) {
    case 'optional':
      return formatsIn(type.inner)
    case 'list':
    case 'set':
      return formatsIn(type.element)
    case 'record':
      return formatsIn(type.value)
    case 'map':
      return [...formatsIn(type.key), ...formatsIn(type.value)]
    default:
      return isNumberFormat(type.kind) ? [type.kind] : []
  }
}

/** Returns the known types of a part without a declared type. */
export function unionIn(type: TypeDescription): readonly TypeDescription[] | undefined {
  switch (type.kind) {
    case 'any':
      return type.of !== undefined && type.of.length > 0 ? type.of : undefined
    case 'optional':
      return unionIn(type.inner)
    case 'list':
    case 'set':
      return unionIn(type.element)
    case 'record':
    case 'map':
      return unionIn(type.value)
    default:
      return undefined
  }
}

/** Whether a type contains a kind of type. Fields of its structs are not searched. */
export function mentions(type: TypeDescription, kind: TypeDescription['kind']): boolean {
  switch (type.kind) {
    case 'optional':
      return mentions(type.inner, kind)
    case 'list':
    case 'set':
      return mentions(type.element, kind)
    case 'record':
      return mentions(type.value, kind)
    case 'map':
      return mentions(type.key, kind) || mentions(type.value, kind)
    default:
      return type.kind === kind
  }
}

/** Whether a default of a type may contain a moment. */
export function mentionsTimestamp(type: TypeDescription, index: ReadonlyMap<string, NamedTypeDescription>): boolean {
  return mentions(type, 'timestamp') || (mentions(type, 'struct') && [...index.values()].some(isStruct))
}
