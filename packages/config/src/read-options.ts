import { isPlainObject, nearest, quoted } from '@aster/rpc-core/schema'
import { type FieldName, fieldNames } from './fields.ts'
import { LayerReader, type Reading } from './layer.ts'
import { refused } from './refused.ts'
import { show } from './show.ts'

/** Reads options in code. `label` begins the names of their sources, as in `option relayMode`. */
export function readOptions(options: unknown, label = 'option'): Reading {
  const reader = new LayerReader()
  // Without this check, a promise that was not awaited, or a `Map`, would count as an object without settings.
  if (!isPlainObject(options)) {
    reader.issues.push({ field: '', source: `${label}s`, found: show(options), expected: 'a plain object' })
    return reader
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const origin = `${label} ${/^[\w-]{1,64}$/.test(name) ? name : quoted(name)}`
    const setting = Object.hasOwn(refused, name) ? refused[name] : undefined
    const raw = { form: 'value', found: value, origin } as const
    if (isFieldName(name)) reader.add(name, raw)
    else if (setting) reader.addRefused(name, setting, raw)
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
