import type { CliIo } from '../io.ts'
import { escapeControls } from './escape.ts'
import { type Style, styleFor } from './style.ts'

export interface PrintOptions {
  readonly json?: boolean | undefined
}

/** A result in both of its forms. */
export interface Printout {
  /** For JSON. */
  readonly result: object
  /** Formats the result for people. */
  readonly format: (style: Style) => string
}

/** Writes a result, as JSON if the options ask for it. */
export function print(io: CliIo, { json }: PrintOptions, { result, format }: Printout): void {
  const text = json ? JSON.stringify(result, stringifyBigint, 2) : format(styleFor(io.stdout, io.env))
  io.stdout.write(`${text}\n`)
}

/** Writes what is odd but no error, one line each. */
export function warn(io: CliIo, warnings: readonly (string | undefined)[]): void {
  const style = styleFor(io.stderr, io.env)
  for (const warning of warnings) {
    if (warning !== undefined) io.stderr.write(`${style.bold('warning:')} ${escapeControls(warning)}\n`)
  }
}

/** JSON has no integers above 2^53 that every reader keeps. */
function stringifyBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
