import { escapeUnprintable } from '@aster/rpc-core/schema'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { CommandIo } from '../io.ts'
import { escapeControls, escapeOutput } from './escape.ts'
import { type Style, styleFor } from './style.ts'

/** A result in both of its forms. */
export interface Printout {
  /** For JSON. */
  readonly result: object
  /** Formats the result for people. */
  readonly format: (style: Style) => string
}

/** Writes a result, as JSON if that is asked for. */
export function print(io: CommandIo, { result, format }: Printout): void {
  const text = io.json ? formatJson(result, 2) : escapeOutput(format(styleFor(io.stdout, io.env)))
  io.stdout.write(`${text}\n`)
}

/** Writes what is odd but no error, one line each: as JSON `{"warning":"…"}`. */
export function warn(io: CommandIo, warnings: readonly (string | undefined)[]): void {
  const style = styleFor(io.stderr, io.env)
  for (const warning of warnings) {
    if (warning === undefined) continue
    const line = io.json ? formatJson({ warning }) : `${style.bold('warning:')} ${escapeControls(warning)}`
    io.stderr.write(`${line}\n`)
  }
}

/** An error as it is written. */
export interface Failure {
  readonly code: ExitCode
  /** A line for each mistake, without control characters. */
  readonly messages: readonly string[]
  /** The status of a call: `NOT_FOUND`. */
  readonly status?: string | undefined
  readonly details?: Readonly<Record<string, string>> | undefined
}

/** Writes an error: a line for each mistake, or one line of JSON `{"error":{"kind":"usage","exitCode":2,…}}`. */
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

/** Formats JSON whose strings reach no terminal as control characters or bidi marks; the data stays as it is. */
function formatJson(value: object, indent?: number): string {
  return escapeUnprintable(JSON.stringify(value, stringifyBigint, indent))
}

/** JSON has no integers above 2^53 that every reader keeps. */
function stringifyBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
