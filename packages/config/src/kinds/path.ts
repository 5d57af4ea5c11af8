import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Kind } from './kind.ts'

/**
 * Returns whether a string can be a path. A string of several lines, or one that begins like JSON, is most likely the content
 * of the file.
 */
const isPath = (text: string): boolean => !/\p{Cc}|^\{/u.test(text)

/**
 * The path of a file or a folder.
 *
 * @param what the name of the file in messages
 * @param options `home`: whether a leading `~` stands for the home folder
 */
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

/** Returns the home folder, or `undefined` if the user has no home folder, as in some containers. */
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

/** The path of a file, or the option `false` to use no file. */
export function pathOrNone(what: string, options: { home?: boolean } = {}): Kind<string | false> {
  const { type, text, value } = path(what, options)
  // A union would have the same message for every mistake.
  return { type, text, value: v.lazy((given) => (given === false ? v.literal(false) : value)) }
}
