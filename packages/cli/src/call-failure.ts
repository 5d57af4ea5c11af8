import { exitCodeFor } from './exit-code.ts'
import { escapeControls } from './output/escape.ts'
import type { Failure } from './output/print.ts'
import { CallError } from './remote/call-error.ts'

/** Returns the failure to write if an error is that of a call; `undefined` for other errors. */
export function callFailure(error: unknown): Failure | undefined {
  if (!(error instanceof CallError)) return undefined
  const { message, lines, status, details } = error
  const [first = '', ...rest] = message.split('\n')
  const messages = [first, ...rest.map((line) => `  ${line}`), ...lines].map(escapeControls)
  return { code: exitCodeFor(error), messages, status, details }
}
