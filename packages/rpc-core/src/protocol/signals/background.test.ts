import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, it, vi } from 'vitest'
import { runInBackground, runInNextTurn } from './background.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it.each([runInBackground, runInNextTurn])(
  '%o runs tasks in order, later, and in the async context of no call',
  async (run) => {
    const store = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    store.run('of a call', () => {
      for (const name of ['a', 'b']) run({ run: () => void seen.push(name, store.getStore()) })
    })
    expect(seen).toEqual([])
    await turn()
    await turn()
    expect(seen).toEqual(['a', undefined, 'b', undefined])
  },
)

it('runs background tasks before the next turn, and tasks of the next turn within it', async () => {
  const seen: string[] = []
  runInNextTurn({ run: () => void seen.push('next turn') })
  runInBackground({ run: () => void seen.push('background') })
  await Promise.resolve()
  await Promise.resolve()
  expect(seen).toEqual(['background'])
  await turn()
  expect(seen).toEqual(['background', 'next turn'])
})

it.each([runInBackground, runInNextTurn])('%o continues after a task that fails, and warns', async (run) => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const after = vi.fn()
  run({
    run() {
      throw new Error(`broken in ${run.name}`)
    },
  })
  run({ run: after })
  await turn()
  await turn()
  expect(after).toHaveBeenCalledTimes(1)
  expect(warn.mock.calls[0]?.[0]).toContain(`broken in ${run.name}`)
  warn.mockRestore()
})
