import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

const { signal } = new AbortController()
const settled = () => new Promise((resolve) => setImmediate(resolve))

it('runs a fixed number of callers at a time, in the order of their calls', async () => {
  const turns = new Turns(2)
  const order: number[] = []
  const ends: (() => void)[] = []
  for (let i = 0; i < 5; i++) {
    void turns.take(signal).then((end) => {
      order.push(i)
      ends.push(end)
    })
  }
  await settled()
  expect(order).toEqual([0, 1])
  ends[1]?.()
  await settled()
  expect(order).toEqual([0, 1, 2])
  for (const end of [ends[0], ends[2]]) end?.()
  await settled()
  expect(order).toEqual([0, 1, 2, 3, 4])
})

it('skips cancelled callers, and loses no turn', async () => {
  const turns = new Turns(1)
  const end = await turns.take(signal)
  const impatient = new AbortController()
  const givenUp = turns.take(impatient.signal)
  const next = turns.take(signal)
  impatient.abort(new Error('enough'))
  await expect(givenUp).rejects.toThrow('enough')
  end()
  ;(await next)()
  ;(await turns.take(signal))()
})
