import { expect, it } from 'vitest'
import { checkChangesets } from './check-changesets.mjs'

const problemsOf = (changeset) =>
  checkChangesets(
    new Map([
      ['packages/x/package.json', '{ "name": "@aster/x" }'],
      ['packages/y/package.json', '{ "name": "@aster/y", "private": true }'],
      ['.changeset/README.md', 'No changeset.'],
      ['.changeset/brave-cats-run.md', changeset],
    ]),
  ).problems

it('passes a changeset for public packages', () => {
  expect(problemsOf("---\n'@aster/x': minor\n---\n\nCalls have deadlines.\n")).toEqual([])
})

it.each([
  ["---\n'@aster/y': minor\n---\n\nText.\n", '@aster/y is no public package'],
  ["---\n'@aster/x': huge\n---\n\nText.\n", 'expected'],
  ["---\n'@aster/x': patch\n---\n\n", 'says nothing'],
  ['Text.\n', 'does not begin'],
])('finds what is wrong with %j', (changeset, problem) => {
  expect(problemsOf(changeset)).toEqual([expect.stringContaining(problem)])
})
