import { isWellFormed } from '@aster/rpc-core/schema'
import { assertExact } from './exact-numbers.ts'
import type { JsonContext } from './json-context.ts'

/** Returns any JSON value as it was parsed. Integers beyond ±(2^53 − 1) are bigints. */
export function readAny(json: unknown, context: JsonContext): unknown {
  if (typeof json === 'number') assertExact(json, context)
  else if (typeof json === 'string') assertWellFormed(json, context)
  else if (Array.isArray(json)) {
    context.count(json.length)
    for (let i = 0; i < json.length; i++) {
      context.enter(i)
      readAny(json[i], context)
      context.leave()
    }
  } else if (typeof json === 'object' && json !== null) {
    const members = Object.entries(json)
    context.count(2 * members.length)
    for (const [key, member] of members) {
      context.enter(key)
      assertWellFormed(key, context)
      readAny(member, context)
      context.leave()
    }
  }
  return json
}

function assertWellFormed(value: string, context: JsonContext): void {
  if (context.options.surrogates && !isWellFormed(value))
    context.throwInvalid('expected a string without lone surrogates')
}
