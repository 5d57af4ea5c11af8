import type { PathSegment } from '@aster/rpc-core/schema'
import type { Description, FieldDescription, JsonValue, StructDescription, TypeDescription } from './description.ts'

/**
 * Checks how many values the structs of a description have by default, in total. A few lines can describe more values than
 * fit in memory, such as a struct with two fields of a second struct, which has two fields of a third, and so on.
 *
 * @param fail called with the path of the struct at which the count exceeds `limit`
 */
export function checkDefaultSizes(
  { types }: Description,
  limit: number,
  fail: (path: readonly PathSegment[]) => never,
): void {
  const structs = new Map(types.flatMap((type) => (type.kind === 'struct' ? [[type.name, type] as const] : [])))
  const sizes = new Map<string, number>()

  const fieldSize = ({ type, default: json }: FieldDescription): number =>
    json === undefined ? zeroSize(type) : jsonSize(type, json)
  const zeroSize = (type: TypeDescription): number => {
    const struct = type.kind === 'struct' ? structs.get(type.name) : undefined
    return struct === undefined ? 1 : structSize(struct)
  }
  const structSize = (struct: StructDescription): number => {
    const known = sizes.get(struct.name)
    if (known !== undefined) return known
    // A struct that contains itself has no default, and creating its default fails early, so it counts as one value.
    sizes.set(struct.name, 1)
    const size = struct.fields.reduce((sum, field) => sum + fieldSize(field), 1)
    sizes.set(struct.name, size)
    return size
  }
  /** Returns an upper bound: fields that `json` has are counted in addition to their defaults. */
  const jsonSize = (type: TypeDescription, json: JsonValue): number => {
    switch (type.kind) {
      case 'optional':
        return json === null ? 1 : jsonSize(type.inner, json)
      case 'list':
      case 'set':
        return sumOf(json, (item) => jsonSize(type.element, item))
      case 'record':
      case 'map':
        return sumOf(
          json,
          (pair) => 1 + (Array.isArray(pair) ? jsonSize(type.value, (pair as JsonValue[])[1] ?? null) : 0),
        )
      case 'struct': {
        const struct = structs.get(type.name)
        if (struct === undefined || typeof json !== 'object' || json === null) return 1
        const byName = fieldsOf(struct)
        return Object.entries(json).reduce((sum, [key, item]) => {
          const field = byName.get(key)
          return sum + (field === undefined ? 1 : jsonSize(field.type, item))
        }, structSize(struct))
      }
      default:
        return 1
    }
  }
  const fields = new Map<StructDescription, ReadonlyMap<string, FieldDescription>>()
  const fieldsOf = (struct: StructDescription): ReadonlyMap<string, FieldDescription> => {
    const known = fields.get(struct) ?? new Map(struct.fields.map((field) => [field.wireName, field]))
    fields.set(struct, known)
    return known
  }

  let total = 0
  types.forEach((type, i) => {
    if (type.kind !== 'struct') return
    total += structSize(type)
    if (total > limit) fail(['types', i])
  })
}

function sumOf(json: JsonValue, size: (item: JsonValue) => number): number {
  return Array.isArray(json) ? (json as JsonValue[]).reduce<number>((sum, item) => sum + size(item), 1) : 1
}
