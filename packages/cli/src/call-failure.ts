import { exitCodeFor } from './exit-code.ts'
import { escapeControls } from './output/escape.ts'
import type { Failure } from './output/print.ts'
import { CallError } from './remote/call-error.ts'

/** Returns what is written of a call that has failed; `undefined` for another error. */
export function callFailure(error: unknown): Failure | undefined {
  if (!(error instanceof CallError)) return undefined
  const { message, lines, status, details } = error
  const [first = '', ...rest] = message.split('\n')
  const messages = [first, ...rest.map((line) => `  ${line}`), ...lines].map(escapeControls)
  return { code: exitCodeFor(error), messages, status, details }
}
