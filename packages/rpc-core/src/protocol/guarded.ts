import type { Logger } from '../logger.ts'
import { printableLines } from '../values/describe.ts'
import { isThenable } from '../values/guards.ts'
import { textOf } from '../values/text-of.ts'

/** The global members that print a warning: Node has `process`, other platforms have a console. */
interface WithWarnings {
  readonly process?: { emitWarning?(message: string, options: { type: string; code: string }): void }
  readonly console?: { warn(message: string): void }
}

/** The most characters of a warning, which may hold words of a peer. */
const MAX_WARNING = 2_000

const told = new Set<string>()

/**
 * Warns the programmer of a mistake in plugged-in code, once for each message: as a process warning, or on the console.
 *
 * @param code the code of the process warning
 */
export function warnOnce(code: string, message: string): void {
  const text = printableLines(message, MAX_WARNING)
  if (told.has(text)) return
  told.add(text)
  const { process, console } = globalThis as WithWarnings
  if (process?.emitWarning !== undefined) process.emitWarning(text, { type: 'AsterWarning', code })
  else console?.warn(text)
}

/**
 * Runs code of the user whose result does not matter, such as a logger or a listener. If the code throws, or if its promise
 * rejects, `onError` receives the error. Never throws.
 */
export function runGuarded(run: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = run()
    if (isThenable(result)) result.then(undefined, onError)
  } catch (error) {
    onError(error)
  }
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** The guard of each logger. A guard is its own guard. */
const guards = new WeakMap<Logger, Logger>()

/**
 * Returns a logger that never throws, always the same for the same `logger`. A failure of `logger` becomes a process
 * warning, once. Returns `undefined` if there is no logger.
 */
export function guardLogger(logger: Logger | undefined): Logger | undefined {
  if (logger === undefined) return undefined
  const known = guards.get(logger)
  if (known !== undefined) return known
  const guarded = {} as Record<(typeof LEVELS)[number], Logger['info']>
  for (const level of LEVELS) {
    const onError = (error: unknown): void =>
      warnOnce('ASTER_LOGGER', `logger.${level} failed, and its line is lost: ${textOf(error)}`)
    guarded[level] = (fields, message) => runGuarded(() => logger[level](fields, message), onError)
  }
  guards.set(guarded, guarded)
  // A value that is not an object cannot be a key. It is not a logger either, and each line warns of that.
  if (Object(logger) === logger) guards.set(logger, guarded)
  return guarded
}
