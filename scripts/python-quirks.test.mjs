// docs/python-0.1.md: its numbers, and those that the code and other pages refer to.
import { expect, it } from 'vitest'
import { readTree } from './lib/tree.mjs'

const PAGE = 'docs/python-0.1.md'
const files = readTree()
const page = files.get(PAGE)
const numbers = [...page.matchAll(/^### (\d+)\. /gm)].map(([, number]) => Number(number))

it('numbers the quirks without a gap', () => {
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

it('says of each quirk how Python and this project behave, and how a user notices', () => {
  const sections = page.split(/^### /m).slice(1)
  for (const section of sections)
    expect(section).toMatch(/^\d+\. .+\n\n- \*\*Python:\*\* .+\n- \*\*Here:\*\* .+\n- \*\*You notice:\*\* .+\n/)
})

it('has every quirk that the code and other pages refer to, and no other', () => {
  const referenced = new Set()
  for (const [path, text] of files) {
    if (path === PAGE || !/\.(?:ts|md)$/.test(path) || !text.includes('python-0.1.md')) continue
    for (const [, number] of text.matchAll(/\b[Qq]uirk (\d+)\b/g)) referenced.add(Number(number))
  }
  expect([...referenced].sort((a, b) => a - b)).toEqual(numbers)
})
