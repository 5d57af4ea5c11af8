import { expect, it } from 'vitest'
import { ConversionTurns } from './conversion-turns.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('converts any number of small pieces at once', () => {
  const turns = new ConversionTurns()
  for (let i = 0; i < 1_000; i++) expect(turns.wait(8_192)).toBeUndefined()
})

it('spreads large pieces over turns of the event loop, in their order', async () => {
  const turns = new ConversionTurns()
  const started: number[] = []
  for (let i = 0; i < 10; i++) {
    const waiting = turns.wait(65_536)
    if (waiting === undefined) started.push(i)
    else void waiting.then(() => started.push(i))
  }
  const counts = [started.length]
  for (let i = 0; i < 5; i++) {
    await turn()
    counts.push(started.length)
  }
  expect(counts).toEqual([2, 4, 6, 8, 10, 10])
  expect(started).toEqual(Array.from({ length: 10 }, (_, i) => i))
})

it('converts a large piece at once if the turns before were idle', async () => {
  const turns = new ConversionTurns()
  for (let i = 0; i < 3; i++) void turns.wait(65_536)
  for (let i = 0; i < 3; i++) await turn()
  expect(turns.wait(1_000_000)).toBeUndefined()
  expect(turns.wait(65_536)).toBeInstanceOf(Promise)
})
