import { isPlainObject } from '@aster/rpc-core/schema'
import { numberText } from './number-text.ts'
import type { Place } from './place.ts'
import { quote } from './quote.ts'

/** A value of no declared type: null, `undefined` for null, booleans, numbers, bigints, strings, arrays and plain objects. */
export function writeAny(value: unknown, place: Place): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'string':
      return quote(value, place)
    case 'number':
      return numberText(value)
    default:
      if (value === null) return 'null'
      if (Array.isArray(value)) return anyArray(value, place)
      if (isPlainObject(value)) return anyObject(value, place)
      return place.mismatch('a JSON value (any)', value)
  }
}

function anyArray(value: readonly unknown[], place: Place): string {
  let text = ''
  for (let i = 0; i < value.length; i++) {
    place.enter(i)
    text += (i === 0 ? '' : ',') + writeAny(value[i], place)
    place.leave()
  }
  return `[${text}]`
}

function anyObject(value: Readonly<Record<string, unknown>>, place: Place): string {
  let text = ''
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member === undefined) continue
    place.enter(key)
    text += `${text === '' ? '' : ','}${quote(key, place)}:${writeAny(member, place)}`
    place.leave()
  }
  return `{${text}}`
}
