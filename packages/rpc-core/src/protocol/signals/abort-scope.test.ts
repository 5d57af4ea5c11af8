import { expect, it } from 'vitest'
import { AbortScope } from './abort-scope.ts'

/** Returns a scope, and a function that adds a callback with a name, which is listed when the callback runs. */
function createScope() {
  const scope = new AbortScope()
  const run: string[] = []
  return { scope, run, add: (name: string, callback = () => {}) => scope.onAbort(() => (run.push(name), callback())) }
}

it('runs callbacks in the order in which they were added, whichever were removed', () => {
  // Each digit adds a callback of its own, each letter removes one of them: `a` the first, `b` the second, and so on.
  for (const steps of [
    '1',
    '12',
    '1a2',
    '12a3',
    '12a34',
    '12b3',
    '123b4',
    '123a4',
    '1234ab5',
    '123abc45',
    '12ab3',
    '1234c5',
  ]) {
    const { scope, run, add } = createScope()
    const removers = new Map<string, () => void>()
    const left = new Set<string>()
    for (const step of steps) {
      if (step < 'a') {
        removers.set(step, add(step))
        left.add(step)
      } else {
        const name = String(step.charCodeAt(0) - 96)
        removers.get(name)?.()
        left.delete(name)
      }
    }
    scope.abort('x')
    expect([steps, run]).toEqual([steps, [...left]])
    scope.abort('y')
    expect(run).toHaveLength(left.size)
    expect(scope.reason).toBe('x')
  }
})

it('runs no callback that another callback has removed', () => {
  const { scope, run, add } = createScope()
  const removers: (() => void)[] = []
  add('1', () => removers.forEach((remove) => remove()))
  for (const name of ['2', '3', '4']) removers.push(add(name))
  scope.abort('x')
  expect(run).toEqual(['1'])
})
