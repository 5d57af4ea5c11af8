import { expect, it } from 'vitest'
import { exportsOf } from './exports.mjs'

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
