import { printable } from '@aster/rpc-core/schema'
import type { LogRecord } from './record.ts'

/** Escapes a string without cutting it. The strings of records are cut already. */
const shown = (text: string): string => printable(text, Infinity)

/** An error in a record. */
interface ShownError {
  readonly type?: unknown
  readonly message?: unknown
  readonly stack?: unknown
  readonly cause?: unknown
}

/**
 * Returns a record as a line for people, in the format of the Python package: `TIME LEVEL logger -- message [field=value …]`.
 * The stack of an error follows in indented lines, so that no string of a peer can pass for a line of the log.
 */
export function textLine({ ts, level, logger, msg, err, ...fields }: LogRecord): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${shown(name)}=${showValue(value)}`)
  const tail = pairs.length === 0 ? '' : ` [${pairs.join(' ')}]`
  return `${ts} ${level.toUpperCase().padEnd(7)} ${logger} -- ${shown(msg)}${tail}${errorLines(err)}`
}

function showValue(value: unknown): string {
  const isWord = typeof value === 'string' && /^[\w.:/@…-]+$/.test(value)
  return isWord ? value : shown(JSON.stringify(value) ?? 'undefined')
}

function errorLines(err: unknown, prefix = ''): string {
  if (err === undefined) return ''
  if (typeof err !== 'object' || err === null)
    return `\n    ${prefix}${shown(typeof err === 'string' ? err : JSON.stringify(err))}`
  const { type, message, stack, cause } = err as ShownError
  const text = typeof stack === 'string' ? stack : `${String(type)}: ${String(message)}`
  const lines = text.split('\n').map((line, index) => `\n    ${index === 0 ? prefix : ''}${shown(line)}`)
  return lines.join('') + errorLines(cause, 'caused by: ')
}
