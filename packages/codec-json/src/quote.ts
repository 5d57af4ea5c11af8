import { isWellFormed } from '@aster/rpc-core/schema'
import type { JsonContext } from './json-context.ts'

// oxlint-disable-next-line no-control-regex -- JSON escapes them
const special = /[\u0000-\u001f"\\\ud800-\udfff]/

/** A text as a JSON string. */
export function quote(text: string, context: JsonContext): string {
  if (!special.test(text)) return `"${text}"`
  if (!isWellFormed(text)) context.throwInvalid('expected text without lone surrogates')
  return JSON.stringify(text)
}
