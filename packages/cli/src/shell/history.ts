import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CommandIo } from '../io.ts'

/** The largest number of lines in the history. */
const MAX_LINES = 1_000

/** Returns the file that keeps the lines of former shells. Only its owner may read it, since requests may be secret. */
export function historyFile({ env }: CommandIo): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home } = env
  if (state) return join(state, 'aster', 'history')
  return home ? join(home, '.local', 'state', 'aster', 'history') : undefined
}

/** Returns the lines, the latest first; an empty list if the file cannot be read. */
export function readHistory(file: string | undefined): readonly string[] {
  if (file === undefined) return []
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-MAX_LINES).toReversed()
  } catch {
    return []
  }
}

/** @param lines the lines, the latest first */
export function writeHistory(file: string | undefined, lines: readonly string[]): void {
  if (file === undefined || lines.length === 0) return
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${lines.slice(0, MAX_LINES).toReversed().join('\n')}\n`, { mode: 0o600 })
    chmodSync(file, 0o600)
  } catch {
    // The shell works without a history.
  }
}
