import { expect, it } from 'vitest'
import { countProse, proseTable } from './count-prose.mjs'

it('counts the words of comments, by package and in all', () => {
  const counts = countProse(
    new Map([
      ['packages/a/src/a.ts', "/** Returns a number if it can, where `if` is code. */\nconst a = 'returns if'"],
      ['packages/a/src/a.test.ts', ['//', 'gives'].join(' ')],
      ['scripts/b.mjs', '// If so.'],
      ['README.md', 'returns'],
    ]),
  )
  const a = { words: 9, counts: { returns: 1, gives: 0, if: 1, where: 1 } }
  expect([...counts]).toEqual([
    ['packages/a', a],
    ['sources', a],
    ['every file', { words: 12, counts: { returns: 1, gives: 1, if: 2, where: 1 } }],
  ])
  const [, goals, row, , all] = proseTable(counts)
    .split('\n')
    .map((line) => line.split(/ {2,}/))
  expect(goals.slice(1)).toEqual(['>= 2', '<= 0.1', '>= 5', '<= 1'])
  expect(row).toEqual(['packages/a', '9', '111.1', '0.0', '111.1', '111.1*'])
  expect(all[3]).toBe('83.3*')
})
