import type { Logger } from '../logger.ts'
import { printableLines } from '../values/describe.ts'
import { isThenable } from '../values/guards.ts'
import { textOf } from '../values/text-of.ts'

/** What Node has of this; other platforms have a console. */
interface WithWarnings {
  readonly process?: { emitWarning?(message: string, options: { type: string; code: string }): void }
  readonly console?: { warn(message: string): void }
}

/** Characters of a warning, which may hold words of a peer. */
const MAX_WARNING = 2_000

const told = new Set<string>()

/** Tells the programmer of a mistake in code that was plugged in, once for each text: as a process warning, or on the console. */
export function warnOnce(code: string, message: string): void {
  const text = printableLines(message, MAX_WARNING)
  if (told.has(text)) return
  told.add(text)
  const { process, console } = globalThis as WithWarnings
  if (process?.emitWarning !== undefined) process.emitWarning(text, { type: 'AsterWarning', code })
  else console?.warn(text)
}

/**
 * Runs code of the user that has no say in what happens next, such as a logger or a listener. What the code throws, or what
 * its promise rejects with, is passed to `onError`; nothing reaches the caller.
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

/** The guard of each logger, and of each guard. */
const guards = new WeakMap<Logger, Logger>()

/**
 * Returns a logger that never throws, the same for the same `logger`: a failure of `logger` becomes a process warning, once.
 * Without a logger it does nothing.
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
  // A value that is no object is no logger, which each of its lines says.
  if (Object(logger) === logger) guards.set(logger, guarded)
  return guarded
}
