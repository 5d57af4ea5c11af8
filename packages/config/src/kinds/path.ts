import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Kind } from './kind.ts'

/** A path is one line. What is not, and what begins like JSON, is most likely the content of the file. */
const isPath = (text: string): boolean => !/\p{Cc}|^\{/u.test(text)

/** The path of a file or folder. With `home`, a leading `~` stands for the home folder. */
export function path(what: string, { home = false } = {}): Kind<string> {
  const expected = `the path of ${what}`
  const schema = v.pipe(
    v.string(expected),
    v.trim(),
    v.nonEmpty(expected),
    v.check(isPath, `${expected}, not its content`),
    v.check(
      (text) => !home || !beginsAtHome(text) || homeFolder() !== undefined,
      `${expected} without ~, since there is no home folder: HOME is not set`,
    ),
    v.transform((text) => (home ? expandHome(text) : text)),
  )
  return { type: 'path', text: schema, value: schema }
}

const beginsAtHome = (text: string): boolean => /^~(?:[/\\]|$)/.test(text)

/** Returns the home folder; `undefined` for a user of a container that has none. */
function homeFolder(): string | undefined {
  try {
    return homedir() || undefined
  } catch {
    return undefined
  }
}

function expandHome(text: string): string {
  return beginsAtHome(text) ? join(homeFolder() ?? '~', text.slice(1)) : text
}

/** The path of a file, or as an option `false` to do without the file. */
export function pathOrNone(what: string, options: { home?: boolean } = {}): Kind<string | false> {
  const { type, text, value } = path(what, options)
  // A union would have one message for every mistake.
  return { type, text, value: v.lazy((given) => (given === false ? v.literal(false) : value)) }
}
