import { expect, it } from 'vitest'
import { instrument } from './instrument.mjs'

const SOURCE = `
export function f(a) {
  if (a > 1) return 'more'
  else if (a === 1) return a ? 'one' : 'none'
  for (const b of [1, 2]) if (b > a) continue
  const add = (x) => ({ x })
  switch (a) {
    case 0:
      return add(a && (a ?? 1)).x
  }
  try {
    throw a
  } catch {
    return 'caught'
  }
}`

async function load(code) {
  return import(`data:text/javascript,${encodeURIComponent(code)}`)
}

it('changes nothing of what a program does', async () => {
  const { code } = instrument(SOURCE)
  const [{ f: before }, { f: after }] = await Promise.all([load(SOURCE), load(code)])
  for (const value of [-1, 0, 1, 2]) expect(after(value)).toBe(before(value))
})

it('counts what ran', async () => {
  const { code, blocks } = instrument(SOURCE)
  const { f } = await load(`${code}\n// another`)
  const hits = globalThis.asterCoverage
  const ran = (value) => {
    hits.fill(0)
    f(value)
    return hits.filter((count) => count > 0).length
  }
  expect(hits.length).toBeGreaterThanOrEqual(blocks)
  expect(ran(2)).toBe(2)
  expect(ran(1)).toBe(4)
  expect(ran(0)).toBeGreaterThan(ran(1))
})
