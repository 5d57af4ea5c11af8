import { fieldNames } from './fields.ts'
import { LayerReader, type Reading } from './layer.ts'
import { nearest } from '@aster/rpc-core/schema'
import type { FieldName } from './options.ts'
import { refused } from './refused.ts'
import { quote, show } from './show.ts'

/** Reads options given in code; `label` begins the name of the source, as in `option relayMode`. */
export function readOptions(options: unknown, label = 'option'): Reading {
  const reader = new LayerReader()
  if (!isPlainObject(options)) {
    reader.issues.push({ field: '', source: `${label}s`, found: show(options), expected: 'a plain object' })
    return reader
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const origin = `${label} ${/^[\w-]{1,64}$/.test(name) ? name : quote(name)}`
    const setting = Object.hasOwn(refused, name) ? refused[name] : undefined
    if (isFieldName(name)) reader.read(name, 'value', value, origin)
    else if (setting) reader.refuse(name, setting, 'value', value, origin)
    else {
      const meant = nearest(name, fieldNames)
      reader.issues.push({
        field: name,
        source: origin,
        found: 'an option that is not known',
        expected: meant ?? fieldNames.join(', '),
      })
    }
  }
  return reader
}

function isFieldName(name: string): name is FieldName {
  return (fieldNames as readonly string[]).includes(name)
}

/** Of any realm. A promise that was not awaited, or a `Map`, would pass for an object without settings. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
