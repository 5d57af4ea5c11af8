import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { followLinks } from './follow-links.ts'

let folder = ''
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'aster-links-')))
  mkdirSync(join(folder, 'a/b'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)

it('returns a path without links as it is, whether there is a file or not', () => {
  writeFileSync(at('file'), '')
  for (const name of ['file', 'new', 'a/new', 'none/new']) expect(followLinks(at(name))).toBe(at(name))
})

it('follows every link to a file, to one that is missing, and of folders', () => {
  symlinkSync('a/b/file', at('relative'))
  symlinkSync(at('relative'), at('chain'))
  symlinkSync('a/b', at('folder'))
  expect(followLinks(at('chain'))).toBe(at('a/b/file'))
  expect(followLinks(at('folder/file'))).toBe(at('a/b/file'))
  // `..` is relative to the real folder of the link.
  symlinkSync('../up', at('a/b/above'))
  expect(followLinks(at('folder/above'))).toBe(at('a/up'))
})

it('throws for a circle', () => {
  symlinkSync('self', at('self'))
  expect(() => followLinks(at('self'))).toThrow(expect.objectContaining({ code: 'ELOOP' }))
})
