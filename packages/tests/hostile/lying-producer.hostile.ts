import { expect, it } from 'vitest'
import { eventually, type Figures, held, report, Victim } from './kit.ts'
import { silence, startLiar } from './liar.ts'
import { keep, numbers, readText, within } from './raw.ts'
import { concat, FLAGS, frame, HUGE, OK, request } from './wire.ts'

const ANSWER = numbers(concat(request({ text: 'x' }), OK))

it('a producer that never finishes after its trailers wears out no client', async () => {
  const liar = await startLiar({
    async onCall(stream) {
      keep(stream)
      await stream.send.writeAll(ANSWER)
      await silence()
    },
  })
  const victim = new Victim()
  expect(await victim.connect(liar.endpointAddr)).toBe('OK')
  const outcomes = await victim.call({ method: 'echo', request: { text: 'x' }, times: 2_500, timeoutMs: 8_000 })
  report('trailers without an end', { outcomes, ...(await victim.figures()) })
  expect(outcomes).toEqual({ OK: 2_500 })
})

it('a producer that sends for ever after its trailers is stopped', async () => {
  let written = 0
  const chunk = numbers(new Uint8Array(16_384))
  const liar = await startLiar({
    async onCall(stream) {
      keep(stream)
      await stream.send.writeAll(ANSWER)
      for (;;) {
        await stream.send.writeAll(chunk)
        written += chunk.length
      }
    },
  })
  const victim = new Victim()
  expect(await victim.connect(liar.endpointAddr)).toBe('OK')
  const outcomes = await victim.call({ method: 'echo', request: { text: 'x' }, times: 20, timeoutMs: 8_000 })
  expect(outcomes).toEqual({ OK: 20 })
  const grown = async (): Promise<number> => {
    const before = written
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    return written - before
  }
  const last = await eventually(grown, (bytes) => bytes === 0, 8_000)
  report('bytes after the trailer', { written, processor: await victim.ask('processor', 1_000) })
  expect(last, 'bytes that were taken in the last second').toBe(0)
})

it('frames of 16 MiB that are begun on many streams of a client are refused by their length', async () => {
  const chunk = numbers(new Uint8Array(65_536))
  const liar = await startLiar({
    async onCall(stream) {
      keep(stream)
      await stream.send.writeAll(numbers(concat(HUGE, Uint8Array.of(FLAGS.data))))
      for (let i = 0; i < 60; i++) {
        const isSent = await within(
          stream.send.writeAll(chunk).then(() => true),
          2_000,
        ).catch(() => false)
        if (!isSent) break
      }
      await silence()
    },
  })
  const victim = new Victim()
  expect(await victim.connect(liar.endpointAddr, { maxMessageBytes: 1_048_576 })).toBe('OK')
  const before = await victim.ask<Figures>('collected')
  const outcomes = await victim.call({ method: 'echo', request: { text: 'x' }, times: 100, timeoutMs: 20_000 })
  const after = await victim.ask<Figures>('collected')
  report('half frames of a producer', { outcomes, before, after })
  expect(Object.keys(outcomes)).toEqual([expect.stringMatching(/^RESOURCE_EXHAUSTED/)])
  expect(held(after) - held(before), 'MiB held').toBeLessThan(16)
})

it('empty frames without end, half a frame, and silence end at the deadline', async () => {
  const schemas = numbers(concat(...Array.from({ length: 5_000 }, () => frame(FLAGS.rowSchema))))
  const half = numbers(frame(FLAGS.data, new Uint8Array(1_000)).subarray(0, 500))
  let calls = 0
  const liar = await startLiar({
    async onCall(stream) {
      keep(stream)
      switch (calls++ % 3) {
        case 0:
          for (;;) await stream.send.writeAll(schemas)
        case 1:
          await stream.send.writeAll(half)
          await readText(stream, 60_000)
          return
        default:
          await silence()
      }
    },
  })
  const victim = new Victim()
  expect(await victim.connect(liar.endpointAddr)).toBe('OK')
  const outcomes = await victim.call({ method: 'echo', request: { text: 'x' }, times: 12, atOnce: 6, timeoutMs: 1_500 })
  const { rss, stall, faults } = await victim.figures()
  report('calls without an answer', { outcomes, rss, stall })
  expect(Object.values(outcomes).reduce((sum, times) => sum + times, 0)).toBe(12)
  expect(outcomes['OK']).toBeUndefined()
  expect(faults).toEqual([])
  expect(rss).toBeLessThan(1_024)
})
