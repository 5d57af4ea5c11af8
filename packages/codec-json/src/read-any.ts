import { isWellFormed } from '@aster/rpc-core/schema'
import { demandExact } from './exact-numbers.ts'
import type { Place } from './place.ts'

/** Any JSON value, as it was parsed: integers beyond ±(2^53 − 1) are bigints. */
export function readAny(json: unknown, place: Place): unknown {
  if (typeof json === 'number') demandExact(json, place)
  else if (typeof json === 'string') text(json, place)
  else if (Array.isArray(json)) {
    for (let i = 0; i < json.length; i++) {
      place.enter(i)
      readAny(json[i], place)
      place.leave()
    }
  } else if (typeof json === 'object' && json !== null) {
    for (const [key, member] of Object.entries(json)) {
      place.enter(key)
      text(key, place)
      readAny(member, place)
      place.leave()
    }
  }
  return json
}

function text(value: string, place: Place): void {
  if (place.options.surrogates && !isWellFormed(value)) place.fail('expected text without lone surrogates')
}
