import { expect, it } from 'vitest'
import { FrameCost, FrameTurns } from './frame-turns.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it.each(Object.entries(FrameCost))(
  'spreads frames over turns of the event loop, in their order: %s',
  async (_kind, cost) => {
    const turns = new FrameTurns()
    const started: number[] = []
    const inTurn = 256 / cost
    for (let i = 0; i < 4 * inTurn; i++) {
      const waiting = turns.take(cost)
      if (waiting === undefined) started.push(i)
      else void waiting.then(() => started.push(i))
    }
    const counts = [started.length]
    for (let i = 0; i < 4; i++) {
      await turn()
      counts.push(started.length)
    }
    expect(counts).toEqual([1, 2, 3, 4, 4].map((n) => n * inTurn))
    expect(started).toEqual(Array.from({ length: 4 * inTurn }, (_, i) => i))
  },
)

it('lets a frame pass at once when the turns before were idle', async () => {
  const turns = new FrameTurns()
  for (let i = 0; i < 300; i++) void turns.take(FrameCost.REQUEST)
  for (let i = 0; i < 3; i++) await turn()
  expect(turns.take(FrameCost.CALL)).toBeUndefined()
})
