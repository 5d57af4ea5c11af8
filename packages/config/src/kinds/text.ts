import * as v from 'valibot'
import type { Kind } from './kind.ts'

/** Any text that is not blank; `what` says what it stands for. */
export function text(what: string): Kind<string> {
  const schema = v.pipe(v.string(what), v.trim(), v.nonEmpty(what))
  return { type: 'text', text: schema, value: schema }
}
