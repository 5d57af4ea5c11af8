import { readFileSync } from 'node:fs'

const PAGE = new URL('../../../../docs/changing-a-service.md', import.meta.url)

/** The columns of the tables, from the second on. */
export const columns = [
  { mode: 'json', older: 'client' },
  { mode: 'json', older: 'producer' },
  { mode: 'xlang', older: 'client' },
  { mode: 'xlang', older: 'producer' },
] as const

export type Column = (typeof columns)[number]

/** Returns the rows of the table below a heading of the page: the change, and the outcomes in the order of `columns`. */
export function rowsBelow(heading: string): Map<string, readonly string[]> {
  const [, text] = readFileSync(PAGE, 'utf8').split(`\n## ${heading}\n`)
  if (text === undefined) throw new Error(`docs/changing-a-service.md has no '## ${heading}'`)
  const lines = (text.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'))
  return new Map(
    lines.slice(2).map((line) => {
      const [change = '', ...cells] = line.slice(1, -1).split(' | ')
      return [change.trim(), cells.map((cell) => cell.trim().replaceAll('`', ''))]
    }),
  )
}
