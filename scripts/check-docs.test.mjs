import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkDocs, checkExamples, documentedNames } from './check-docs.mjs'

const entry = (path) => ({ '@aster/source': path })
const files = new Map(
  Object.entries({
    'packages/a/package.json': JSON.stringify({
      name: '@aster/a',
      exports: { '.': entry('./src/index.ts'), './more': entry('./src/more.ts') },
    }),
    'packages/a/src/index.ts':
      "export { type Shape, Box, type Parts, make, Level } from './box.ts'\nexport * as t from './more.ts'\n",
    'packages/a/src/more.ts': '/** Documented. */\nexport const one = 1\nexport const two = 2\n',
    'packages/a/src/box.ts': `
/** Documented. */
export interface Shape {
  /** Documented. */
  area(): number
  name: string
}
export class Box implements Shape {
  #hidden = 1
  private secret = 2
  protected inner = 3
  name = ''
  constructor() {}
  area(): number { return this.#hidden + this.secret + this.inner }
  get [Symbol.toStringTag](): string { return '' }
}
/** @default 1 */
export type Parts = { a: 1 } & {
  /** Documented. */
  b: 2
}
export function make(): Box { return new Box() }
/** Documented. */
export enum Level { Low }
export interface Unexported { c: 1 }
`,
    'packages/b/package.json': JSON.stringify({ name: '@aster/b', exports: { '.': entry('./src/index.ts') } }),
    // Counted in the package that declares it.
    'packages/b/src/index.ts': "export { Box } from '../../a/src/box.ts'\n",
    'packages/tests/package.json': JSON.stringify({ name: '@aster/tests', private: true, exports: {} }),
  }),
)

let folder
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aster-docs-'))
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('docs', () => {
  it('finds the exported names and their public members, each where it is declared', () => {
    const found = documentedNames(files, { folder })
    expect([...found.keys()]).toEqual(['@aster/a', '@aster/b'])
    expect([...found.get('@aster/b')]).toEqual([])
    expect(Object.fromEntries(found.get('@aster/a'))).toEqual({
      Shape: true,
      'Shape.area': true,
      'Shape.name': false,
      Box: false,
      'Box.name': false,
      // The interface has the comment.
      'Box.area': true,
      Parts: true,
      'Parts.a': false,
      'Parts.b': true,
      make: false,
      Level: true,
      'Level.Low': false,
      't.one': true,
      't.two': false,
      one: true,
      two: false,
    })
    expect([...documentedNames(files, { folder, only: ['packages/b'] }).keys()]).toEqual(['@aster/b'])
  })

  it('refuses names without a comment, exceptions that are not needed, and too many of them', () => {
    const names = Array.from({ length: 99 }, (_, index) => [`n${index}`, true])
    const packages = new Map([['@aster/a', new Map([...names, ['x', false]])]])
    expect(checkDocs(packages, {}).problems).toEqual(['@aster/a: x has no documentation comment'])
    expect(checkDocs(packages, { '@aster/a': { x: 'a reason' } })).toEqual({
      problems: [],
      lines: ['@aster/a: 99 of 100'],
      seen: '99 of 100 names are documented',
    })
    expect(checkDocs(packages, { '@aster/a': { x: 'a reason', n0: 'a reason' } }).problems).toEqual([
      '@aster/a: the exception for n0 in scripts/check-docs.mjs is not needed',
    ])
    packages.get('@aster/a').set('y', false).set('z', false)
    expect(checkDocs(packages, { '@aster/a': { x: '', y: '', z: '' } }).problems).toEqual([
      '99 of 102 names are documented; expected 98 %',
    ])
  })

  it('wants an example for each package', () => {
    const fence = '```'
    const example = `/**\n * @example\n * ${fence}ts\n * a()\n * ${fence}\n */\n`
    const withExample = new Map([...files, ['packages/a/src/index.ts', example]])
    expect(checkExamples(withExample, { exceptions: {} })).toEqual(['@aster/b: its entry has no @example'])
    expect(checkExamples(withExample, { exceptions: { '@aster/b': 'a reason' } })).toEqual([])
    expect(checkExamples(withExample, { exceptions: { '@aster/a': 'a reason' }, only: ['packages/a'] })).toEqual([
      '@aster/a: the exception for its example is not needed',
    ])
  })
})
