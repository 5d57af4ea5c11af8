import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, it } from 'vitest'
import { EventHub } from './event-hub.ts'

interface Events {
  a: number
  b: string
}

it('calls every listener of a name until the listener is removed', () => {
  const hub = new EventHub<Events>(() => {})
  const seen: unknown[] = []
  const listener = (event: number): void => void seen.push(event)
  const removals = [hub.on('a', listener), hub.on('a', listener)]
  hub.on('b', (event) => void seen.push(event))
  hub.emit('a', 1)
  removals[0]?.()
  hub.emit('a', 2)
  hub.emit('b', 'x')
  expect(seen).toEqual([1, 1, 2, 'x'])
})

it('reports the failures of listeners and calls the others', async () => {
  const failures: unknown[] = []
  const hub = new EventHub<Events>((error, name) => void failures.push([name, (error as Error).message]))
  const seen: number[] = []
  hub.on('a', () => {
    throw new Error('thrown')
  })
  hub.on('a', () => Promise.reject(new Error('rejected')) as unknown as void)
  hub.on('a', (event) => void seen.push(event))
  hub.emit('a', 1)
  await new Promise((resolve) => setTimeout(resolve))
  expect(seen).toEqual([1])
  expect(failures).toEqual([
    ['a', 'thrown'],
    ['a', 'rejected'],
  ])
})

it('calls a listener in the async context in which it was added', () => {
  const storage = new AsyncLocalStorage<string>()
  const hub = new EventHub<Events>(() => {})
  const seen: unknown[] = []
  storage.run('adds', () => hub.on('a', () => void seen.push(storage.getStore())))
  storage.run('emits', () => hub.emit('a', 1))
  expect(seen).toEqual(['adds'])
})
