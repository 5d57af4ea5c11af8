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
    v.transform((text) => (home ? expandHome(text) : text)),
  )
  return { type: 'path', text: schema, value: schema }
}

function expandHome(text: string): string {
  return text === '~' || /^~[/\\]/.test(text) ? join(homedir(), text.slice(1)) : text
}
