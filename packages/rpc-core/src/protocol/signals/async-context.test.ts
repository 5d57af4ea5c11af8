import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, it } from 'vitest'
import { captureContext, runNeutral } from './async-context.ts'

const storage = new AsyncLocalStorage<string>()

it('runs in no context, even after a promise or a timer', async () => {
  const seen = await storage.run('caller', () =>
    runNeutral(async () => {
      const stores = [storage.getStore()]
      await new Promise((resolve) => setTimeout(resolve, 1))
      stores.push(storage.getStore())
      return stores
    }),
  )
  expect(seen).toEqual([undefined, undefined])
  expect(storage.run('caller', () => runNeutral(() => storage.getStore()))).toBeUndefined()
})

it('runs in the context that was captured', () => {
  const run = storage.run('first', () => captureContext())
  expect(storage.run('second', () => run(() => storage.getStore()))).toBe('first')
  expect(run(() => 5)).toBe(5)
})

it('leaves a store that was entered in the context', () => {
  const run = storage.run('first', () => captureContext())
  for (const enter of [run, runNeutral]) enter(() => storage.enterWith('entered'))
  expect(run(() => storage.getStore())).toBe('first')
  expect(runNeutral(() => storage.getStore())).toBeUndefined()
})
