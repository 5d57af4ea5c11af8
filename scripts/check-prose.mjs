// Refuses words and sentences that a reader decodes twice, in comments, string literals and Markdown.
// `node scripts/check-prose.mjs --only packages/config README.md` looks at these folders and files alone.
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { lineAt, proseOf } from './lib/prose.mjs'
import { report } from './lib/report.mjs'
import { readTree } from './lib/tree.mjs'

/** The text before a sentence: the end of another one, a blank line, or the mark of a list, a heading, a cell or a tag. */
const BEFORE_SENTENCE =
  /(?:^|[.!?:]["'\u201d)\u00a4]*\s|\n[ \t]*\n|(?:^|\n)[ \t]*(?:[-*+>]|#+|\d+\.)[ \t]|\||@(?:param|property)[ \t]+(?:\{[^}]*\}[ \t]+)?\S+|@\w+)[\s"'\u201c(*_[]*$/

/** Word or words → how to write it instead. */
const RULES = [
  ['gives', "write 'returns', 'sends', 'grants', or the verb for what happens"],
  ['nobody', 'name the caller, the peer or the process'],
  ['is none', "write 'is not a …' or 'there is no …'"],
  ['texts', "write 'strings'"],
].map(([words, advice]) => ({
  pattern: new RegExp(`\\b${words.replace(' ', '\\s+')}\\b`, 'gi'),
  isRefused: () => true,
  advice: `has '${words}'; ${advice}`,
}))

for (const word of ['Who', 'What']) {
  RULES.push({
    pattern: new RegExp(`\\b${word}\\b`, 'g'),
    isRefused: ({ index, input }) => BEFORE_SENTENCE.test(input.slice(Math.max(0, index - 200), index)),
    advice: `begins a sentence with '${word}'; begin it with the noun, or with 'if' or 'when'`,
  })
}

/** At most so many exceptions. */
const MOST_EXCEPTIONS = 10

/** The exceptions: path, words of the line, and the reason. */
const EXCEPTIONS = []

/** Files that are data, or that name the refused words. */
const IGNORED = /(?:^|\/)(?:fixtures|vectors)\/|^scripts\/check-prose\.(?:test\.)?mjs$/

/** Strings without a space are names and values, not prose. */
const isProse = ({ kind, text }) => kind !== 'string' || /\S\s+\S/.test(text)

/**
 * @param {Map<string, string>} files path → text
 * @param {{ exceptions?: readonly (readonly [path: string, words: string, reason: string])[], only?: readonly string[] }} options
 *   `only`: the folders and files to look at; all if it is empty
 */
export function checkProse(files, { exceptions = EXCEPTIONS, only = [] } = {}) {
  const problems = []
  const used = new Set()
  let seen = 0
  const isAsked = (path) => only.length === 0 || only.some((one) => path === one || path.startsWith(`${one}/`))
  for (const [path, text] of files) {
    if (!isAsked(path) || IGNORED.test(path)) continue
    const passages = proseOf(path, text).filter(isProse)
    if (passages.length > 0) seen++
    for (const passage of passages) {
      for (const { pattern, isRefused, advice } of RULES) {
        for (const match of passage.text.matchAll(pattern)) {
          if (!isRefused(match)) continue
          const line = lineAt(text, passage.start + match.index)
          const exception = exceptions.find(
            ([file, words]) => file === path && text.split('\n')[line - 1].includes(words),
          )
          if (exception !== undefined) used.add(exception)
          else problems.push(`${path}:${line} ${advice}`)
        }
      }
    }
  }
  if (exceptions.length > MOST_EXCEPTIONS) {
    problems.push(`scripts/check-prose.mjs has ${exceptions.length} exceptions; ${MOST_EXCEPTIONS} are the most`)
  }
  for (const exception of exceptions) {
    if (isAsked(exception[0]) && !used.has(exception)) {
      problems.push(`${exception[0]}: the exception for '${exception[1]}' is not needed`)
    }
  }
  return { problems, seen: `${seen} files, ${exceptions.length} exceptions` }
}

/** Returns the arguments behind `--only`. */
export function onlyOf(args) {
  const index = args.indexOf('--only')
  return index < 0 ? [] : args.slice(index + 1).map((one) => one.replace(/\/$/, ''))
}

if (argv[1] === fileURLToPath(import.meta.url)) report('prose', checkProse(readTree(), { only: onlyOf(argv) }))
