import { expect, it } from 'vitest'
import { apiFiles, exportsOf } from './api.mjs'

it('lists what an entry names, types marked, in the order of the names', () => {
  expect(
    exportsOf(`
      /** export { notThis } from './x.ts' */
export { b, type C, d as a } from './x.ts'
export type { D, E as F } from './y.ts'
export {
  g, // a reason
  h,
} from './z.ts'
export * as t from './t.ts'
export const LIMIT = 1
export interface Shape {}
`),
  ).toEqual(['type C', 'type D', 'type F', 'LIMIT', 'type Shape', 'a', 'b', 'g', 'h', 't'])
})

it('refuses an entry that does not name its exports', () => {
  expect(() => exportsOf("export * from './x.ts'")).toThrow('name the exports')
  expect(() => exportsOf('export default 1')).toThrow('name the exports')
})

it('writes a section for each entry of a public package, and none for private ones', () => {
  const files = new Map([
    [
      'packages/x/package.json',
      JSON.stringify({
        name: '@aster/x',
        exports: { '.': { '@aster/source': './src/index.ts' }, './node': { '@aster/source': './src/node.ts' } },
      }),
    ],
    ['packages/x/src/index.ts', "export { a } from './a.ts'"],
    ['packages/x/src/node.ts', "export { readA } from './read-a.ts'"],
    ['packages/y/package.json', '{ "name": "@aster/y", "private": true, "exports": {} }'],
  ])
  expect(apiFiles(files)).toEqual(new Map([['api/x.txt', '# @aster/x\na\n\n# @aster/x/node\nreadA\n']]))
})
