import { expect, it } from 'vitest'
import { runSoon } from './soon.ts'

it('runs after all work that can proceed now', async () => {
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
