import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { fieldNames, fields } from './fields.ts'
import { ignoredVariables, refused } from './refused.ts'
import { configTable, refusedTable } from './table.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('has a line for each field and each setting that is refused', () => {
  expect(configTable().split('\n')).toHaveLength(fieldNames.length + 2)
  expect(refusedTable().split('\n')).toHaveLength(Object.keys(refused).length + 2 + ignoredVariables.length)
})

it('is in README.md; `pnpm table` writes it there', () => {
  expect(readme).toContain(`<!-- fields -->\n${configTable()}\n<!-- /fields -->`)
  expect(readme).toContain(`<!-- refused -->\n${refusedTable()}\n<!-- /refused -->`)
})

it('names no variable and no key twice', () => {
  const all = [...fieldNames.map((name) => fields[name]), ...Object.values(refused)]
  for (const names of [all.flatMap(({ env }) => env ?? []), all.flatMap(({ toml }) => toml?.join('.') ?? [])]) {
    expect(new Set(names).size).toBe(names.length)
  }
})
