import { type FieldName, fieldNames, fields } from './fields.ts'
import type { Entry, Layer } from './layer.ts'

/**
 * Takes each field from the highest layer that has it. Fields of one group count as one setting: the highest layer that has any
 * of them hides all of them in the layers below.
 *
 * @param layers the layers, the highest first
 */
export function resolveFields(layers: readonly Layer[]): ReadonlyMap<FieldName, Entry> {
  const resolved = new Map<FieldName, Entry>()
  for (const name of fieldNames) {
    const group = groups.get(name)
    const layer = layers.find((layer) => (group === undefined ? layer.has(name) : group.some((one) => layer.has(one))))
    const entry = layer?.get(name)
    if (entry !== undefined) resolved.set(name, entry)
  }
  return resolved
}

/** The names of the group of each field that has one. */
const groups = new Map(
  fieldNames.flatMap((name) => {
    const { group } = fields[name]
    return group === undefined ? [] : [[name, fieldNames.filter((other) => fields[other].group === group)] as const]
  }),
)
