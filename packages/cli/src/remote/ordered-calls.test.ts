import { expect, it } from 'vitest'
import { OrderedCalls } from './ordered-calls.ts'

const request = (label: string) => ({ label, text: '{}' })

it('takes outcomes in the order of the requests, and runs as many calls as it may', async () => {
  const calls = new OrderedCalls(2)
  const ends: ((answer: number) => void)[] = []
  const start = (label: string): void => calls.add(request(label), new Promise((resolve) => ends.push(resolve)))
  start('1')
  expect(calls.isFull).toBe(false)
  start('2')
  expect(calls.isFull).toBe(true)
  const next = calls.next()
  ends[1]?.(2)
  await next
  // The second call has ended, so that a third may run although the first has no outcome yet.
  expect([calls.isFull, calls.take()]).toEqual([false, undefined])
  start('3')
  expect(calls.isFull).toBe(true)
  const first = calls.next()
  ends[0]?.(1)
  await first
  expect([calls.take(), calls.take(), calls.take()]).toMatchObject([{ answer: 1 }, { answer: 2 }, undefined])
  expect(calls.isBusy).toBe(true)
  const failing = new Error('no')
  calls.add(request('4'), Promise.reject(failing))
  ends[2]?.(3)
  while (calls.take()?.request.label !== '3') await calls.next()
  await calls.next()
  expect(calls.take()).toMatchObject({ request: { label: '4' }, error: failing })
  expect(calls.isBusy).toBe(false)
})
