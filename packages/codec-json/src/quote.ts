import { isWellFormed } from '@aster/rpc-core/schema'
import type { JsonContext } from './json-context.ts'

// oxlint-disable-next-line no-control-regex -- JSON escapes them
const special = /[\u0000-\u001f"\\\ud800-\udfff]/

/** Returns a string in JSON. */
export function quote(text: string, context: JsonContext): string {
  if (!special.test(text)) return `"${text}"`
  if (!isWellFormed(text)) context.throwInvalid('expected a string without lone surrogates')
  return JSON.stringify(text)
}
