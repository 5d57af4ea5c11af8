import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CommandIo } from '../io.ts'

/** The most lines that the history keeps. */
const MAX_LINES = 1_000

/** Where the lines of former shells are: requests may be secret, so that nobody else may read the file. */
export function historyFile({ env }: CommandIo): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home } = env
  if (state) return join(state, 'aster', 'history')
  return home ? join(home, '.local', 'state', 'aster', 'history') : undefined
}

/** Returns the lines, the latest first; none if the file cannot be read. */
export function readHistory(file: string | undefined): readonly string[] {
  if (file === undefined) return []
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-MAX_LINES).toReversed()
  } catch {
    return []
  }
}

/** @param lines the latest first */
export function writeHistory(file: string | undefined, lines: readonly string[]): void {
  if (file === undefined || lines.length === 0) return
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${lines.slice(0, MAX_LINES).toReversed().join('\n')}\n`, { mode: 0o600 })
    chmodSync(file, 0o600)
  } catch {
    // A shell without a history is better than none.
  }
}
