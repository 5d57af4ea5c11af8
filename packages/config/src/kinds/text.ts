import * as v from 'valibot'
import type { Kind } from './kind.ts'

/** A string that is not blank. `what` names it in messages. */
export function text(what: string): Kind<string> {
  const schema = v.pipe(v.string(what), v.trim(), v.nonEmpty(what))
  return { type: 'text', text: schema, value: schema }
}
