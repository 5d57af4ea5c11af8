// Counts the words by which comments read like a reference, or do not: how often each stands in a thousand words of comments.
// `node scripts/count-prose.mjs` prints a line for the sources of each package, one for these together, and one for every
// file of the project, tests and scripts among them.
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { proseOf } from './lib/prose.mjs'
import { readTree } from './lib/tree.mjs'

/** Word → how often it should stand in a thousand words. */
export const GOALS = {
  returns: { least: 2 },
  gives: { most: 0.1 },
  if: { least: 5 },
  where: { most: 1 },
}

/**
 * Counts the words of the comments in the sources of each package.
 *
 * @param {Map<string, string>} files path → text
 * @returns {Map<string, { words: number, counts: Record<string, number> }>} `packages/config` → its numbers; the last two
 *   are `sources` and `every file`
 */
export function countProse(files) {
  const found = new Map()
  const sources = { words: 0, counts: emptyCounts() }
  const all = { words: 0, counts: emptyCounts() }
  for (const [path, text] of files) {
    const words = commentWords(path, text)
    if (words.length === 0) continue
    const folder = SOURCE.exec(path)?.[1]
    const totals = [all]
    if (folder !== undefined && !TEST.test(path)) {
      if (!found.has(folder)) found.set(folder, { words: 0, counts: emptyCounts() })
      totals.push(sources, found.get(folder))
    }
    for (const word of words) {
      for (const total of totals) {
        total.words++
        if (Object.hasOwn(total.counts, word)) total.counts[word]++
      }
    }
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return new Map([...sorted, ['sources', sources], ['every file', all]])
}

const SOURCE = /^(packages\/[^/]+)\/(?:src|crate\/src)\//
const TEST = /\.(?:test|test-d|bench)\.ts$/

function commentWords(path, text) {
  const comments = proseOf(path, text).filter(({ kind }) => kind === 'comment')
  return comments.flatMap(({ text: prose }) =>
    (prose.match(/[A-Za-z][\w'-]*/g) ?? []).map((word) => word.toLowerCase()),
  )
}

const emptyCounts = () => Object.fromEntries(Object.keys(GOALS).map((word) => [word, 0]))

/** Returns a table of the counts; a value that misses its goal has a `*`. */
export function proseTable(counts) {
  const words = Object.keys(GOALS)
  const rows = [...counts].map(([folder, { words: total, counts: own }]) => [
    folder,
    String(total),
    ...words.map((word) => {
      const rate = total === 0 ? 0 : (own[word] * 1000) / total
      const { least = 0, most = Infinity } = GOALS[word]
      return `${rate.toFixed(1)}${rate < least || rate > most ? '*' : ' '}`
    }),
  ])
  const goals = words.map(
    (word) => `${GOALS[word].least === undefined ? `<= ${GOALS[word].most}` : `>= ${GOALS[word].least}`} `,
  )
  const table = [['', 'words', ...words.map((word) => `${word} `)], ['goal', '', ...goals], ...rows]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  return table
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log(proseTable(countProse(readTree())))
