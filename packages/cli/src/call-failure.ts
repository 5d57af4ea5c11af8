import { exitCodeFor } from './exit-code.ts'
import { escapeControls } from './output/escape.ts'
import type { Failure } from './output/print.ts'
import { CallError } from './remote/call-error.ts'

/** Returns the failure that is written for a failed call, or `undefined` for any other error. */
export function callFailure(error: unknown): Failure | undefined {
  if (!(error instanceof CallError)) return undefined
  const { message, lines, status, details } = error
  const [first = '', ...rest] = message.split('\n')
  const messages = [first, ...rest.map((line) => `  ${line}`), ...lines].map(escapeControls)
  return { code: exitCodeFor(error), messages, status, details }
}
