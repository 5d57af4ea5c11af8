import { expect, it } from 'vitest'
import { runSoon } from './soon.ts'

it('runs once all that can go on now has gone on', async () => {
  const order: string[] = []
  await new Promise<void>((resolve) => {
    runSoon(() => {
      order.push('soon')
      resolve()
    })
    void (async () => {
      for (const step of ['first', 'second', 'third']) {
        await Promise.resolve()
        order.push(step)
      }
    })()
    order.push('now')
  })
  expect(order).toEqual(['now', 'first', 'second', 'third', 'soon'])
})
