import { isPlainObject } from '@aster/rpc-core/schema'
import { numberText } from './number-text.ts'
import type { JsonContext } from './json-context.ts'
import { quote } from './quote.ts'

/**
 * Returns the JSON of a value without a declared type: null, `undefined` (as null), booleans, numbers, bigints, strings,
 * arrays and plain objects.
 */
export function writeAny(value: unknown, context: JsonContext): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'string':
      return quote(value, context)
    case 'number':
      return numberText(value)
    default:
      if (value === null) return 'null'
      if (Array.isArray(value)) return anyArray(value, context)
      if (isPlainObject(value)) return anyObject(value, context)
      return context.throwMismatch('a JSON value (any)', value)
  }
}

function anyArray(value: readonly unknown[], context: JsonContext): string {
  context.count(value.length)
  let text = ''
  for (let i = 0; i < value.length; i++) {
    context.enter(i)
    text += (i === 0 ? '' : ',') + writeAny(value[i], context)
    context.leave()
  }
  return `[${text}]`
}

function anyObject(value: Readonly<Record<string, unknown>>, context: JsonContext): string {
  const keys = Object.keys(value)
  context.count(2 * keys.length)
  let text = ''
  for (const key of keys) {
    const member = value[key]
    if (member === undefined) continue
    context.enter(key)
    text += `${text === '' ? '' : ','}${quote(key, context)}:${writeAny(member, context)}`
    context.leave()
  }
  return `{${text}}`
}
