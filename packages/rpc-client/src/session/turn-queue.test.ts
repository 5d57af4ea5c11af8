import { expect, it } from 'vitest'
import { NEVER } from '@aster/rpc-core/protocol'
import { TurnQueue } from './turn-queue.ts'

it('lets one caller run at a time, in the order of their calls, without those that gave up', async () => {
  const turns = new TurnQueue()
  expect(turns.take(NEVER)).toBeUndefined()
  const order: string[] = []
  const leaving = new AbortController()
  const first = turns.take(NEVER)?.then(() => order.push('first'))
  const left = turns.take(leaving.signal)
  const second = turns.take(NEVER)?.then(() => order.push('second'))
  leaving.abort('enough')
  await expect(left).rejects.toBe('enough')
  turns.release()
  await first
  expect(order).toEqual(['first'])
  turns.release()
  await second
  turns.release()
  expect(order).toEqual(['first', 'second'])
  expect(turns.take(NEVER)).toBeUndefined()
})
