import type { CliIo } from '../io.ts'
import { plain } from './plain.ts'
import { type Style, styleFor } from './style.ts'

export interface PrintOptions {
  readonly json?: boolean | undefined
}

/** Writes a result: as JSON where that is asked for, else as `human` makes it. */
export function print(io: CliIo, { json }: PrintOptions, result: object, human: (style: Style) => string): void {
  const text = json ? JSON.stringify(result, bigintAsText, 2) : human(styleFor(io.stdout, io.env))
  io.stdout.write(`${text}\n`)
}

/** Writes what is odd but no error, one line each. */
export function warn(io: CliIo, warnings: readonly (string | undefined)[]): void {
  const style = styleFor(io.stderr, io.env)
  for (const warning of warnings) {
    if (warning !== undefined) io.stderr.write(`${style.bold('warning:')} ${plain(warning)}\n`)
  }
}

/** JSON has no integers above 2^53 that every reader keeps. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
