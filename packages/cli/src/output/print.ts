import { escapeUnprintable } from '@aster/rpc-core/schema'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { CommandIo } from '../io.ts'
import { escapeControls, escapeOutput } from './escape.ts'
import { type Style, styleFor } from './style.ts'

/** A result in both of its forms. */
export interface Printout {
  /** The result as a value, for JSON. */
  readonly result: object
  /** Formats the result for people. */
  readonly format: (style: Style) => string
}

/** Writes a result, as JSON if `--json` is given. */
export function print(io: CommandIo, { result, format }: Printout): void {
  const text = io.json ? formatJson(result, 2) : escapeOutput(format(styleFor(io.stdout, io.env)))
  io.stdout.write(`${text}\n`)
}

/** Writes warnings, one line each; with `--json` as `{"warning":"…"}`. */
export function warn(io: CommandIo, warnings: readonly (string | undefined)[]): void {
  const style = styleFor(io.stderr, io.env)
  for (const warning of warnings) {
    if (warning === undefined) continue
    const line = io.json ? formatJson({ warning }) : `${style.bold('warning:')} ${escapeControls(warning)}`
    io.stderr.write(`${line}\n`)
  }
}

/** An error in the form in which it is written. */
export interface Failure {
  readonly code: ExitCode
  /** A line for each mistake, without control characters. */
  readonly messages: readonly string[]
  /** The status of a failed call: `NOT_FOUND`. */
  readonly status?: string | undefined
  readonly details?: Readonly<Record<string, string>> | undefined
}

/** Writes an error, with a line for each mistake; with `--json` as one line `{"error":{"kind":"usage","exitCode":2,…}}`. */
export function printError(io: CommandIo, { code, messages, status, details }: Failure): void {
  if (io.json) {
    const known = Object.entries(exitCodes).find(([, value]) => value === code)?.[0]
    const kind = known ?? (status === undefined ? 'interrupted' : 'status')
    const error = { kind, exitCode: code, message: messages.join('\n'), messages, status, details }
    io.stderr.write(`${formatJson({ error })}\n`)
    return
  }
  const style = styleFor(io.stderr, io.env)
  for (const message of messages) io.stderr.write(`${style.bad('aster:')} ${escapeControls(message)}\n`)
}

/**
 * Formats JSON in which control characters and bidi marks are escaped, so that none reaches a terminal. The data is unchanged.
 */
function formatJson(value: object, indent?: number): string {
  return escapeUnprintable(JSON.stringify(value, stringifyBigint, indent))
}

/** Returns a bigint as a string, because many readers of JSON lose digits of integers above 2^53. */
function stringifyBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
