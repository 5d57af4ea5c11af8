import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { eventually, held, Scene } from './kit.ts'
import { hasEnded, numbers, open, type RawStream, readText, within } from './raw.ts'
import { callFrame, concat, FLAGS, frame, header, HUGE, repeated, request } from './wire.ts'

const opened = (streams: readonly (RawStream | undefined)[]): RawStream[] => streams.filter((one) => one !== undefined)

it('frames of 16 MiB that are begun on many streams take no more than the budget of the connection', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const chunk = numbers(new Uint8Array(65_536))
  const starts = [
    concat(HUGE, Uint8Array.of(FLAGS.header)),
    concat(header('Work', 'echo'), HUGE, Uint8Array.of(FLAGS.data)),
    concat(header('Work', 'sum'), HUGE, Uint8Array.of(FLAGS.compressed)),
    concat(header('Counter', ''), HUGE, Uint8Array.of(FLAGS.call)),
  ]
  const until = performance.now() + 6_000
  const flood = async (start: Uint8Array): Promise<void> => {
    const stream = await open(connection, start, { ms: 2_000 })
    for (let sent = 0; stream && sent < 250 && performance.now() < until; sent++) {
      const isSent = await within(
        stream.send.writeAll(chunk).then(() => true),
        1_000,
      )
      if (!isSent) return
    }
  }
  await scene.watch(Promise.all(Array.from({ length: 40 }, (_, i) => flood(starts[i % 4] as Uint8Array))))
  expect(held(await scene.collected()) - held(scene.before), 'MiB held').toBeLessThan(64)
  await scene.holds('half frames', { growth: 192 })
})

it('streams that stay silent, or whose header trickles, end after headerTimeoutMs, and the log names the peer', async () => {
  const scene = await Scene.start({ headerTimeoutMs: 1_000 })
  const { connection, id } = await scene.attacker()
  const [length] = header('Work', 'echo')
  const silent = opened(
    await Promise.all(Array.from({ length: 500 }, () => open(connection, Uint8Array.of(length ?? 1)))),
  )
  expect(silent).toHaveLength(500)
  const trickle = async (): Promise<boolean> => {
    const bytes = header('Work', 'echo')
    const stream = await open(connection, bytes.subarray(0, 1))
    if (stream === undefined) return false
    const writes = (async () => {
      for (const byte of bytes.subarray(1)) {
        await sleep(200)
        await stream.send.writeAll([byte])
      }
    })()
    writes.catch(() => {})
    return hasEnded(stream, 10_000)
  }
  const ended = await scene.watch(Promise.all([trickle(), ...silent.map((stream) => hasEnded(stream, 10_000))]))
  expect(ended.filter(Boolean)).toHaveLength(501)
  const lines = await eventually(
    () => scene.log(),
    (lines) => lines.some((line) => line.includes(id)),
    3_000,
  )
  expect(lines.filter((line) => /^(?:warn|info) /.test(line) && line.includes(id))).not.toEqual([])
  await scene.holds('silent streams')
  expect((await scene.figures()).lines - scene.before.lines, 'lines about 501 streams').toBeLessThan(100)
})

it('a request that stands still ends after frameTimeoutMs; one that comes byte by byte is read to its end', async () => {
  const scene = await Scene.start({ frameTimeoutMs: 3_000 })
  const { connection } = await scene.attacker()
  const bytes = request({ text: 'slow' })
  const begun = concat(header('Work', 'echo'), bytes.subarray(0, 8))
  const stalls = async (): Promise<boolean> => {
    const stream = await open(connection, begun)
    return stream !== undefined && hasEnded(stream, 15_000)
  }
  const trickles = async (): Promise<string> => {
    const stream = await open(connection, begun)
    if (stream === undefined) return 'no stream'
    for (const byte of bytes.subarray(8)) {
      await sleep(500)
      await stream.send.writeAll([byte])
    }
    return readText(stream, 5_000)
  }
  const [hasStopped, answer] = await scene.watch(Promise.all([stalls(), trickles()]))
  expect(answer).toContain('{"text":"slow"}')
  expect(hasStopped).toBe(true)
  await scene.holds('stalled request')
})

const cancels = repeated(frame(FLAGS.cancel), 13_000)
const calls = repeated(callFrame('nothing'), 600)
const answers = repeated(concat(callFrame('big'), request({ n: 500_000 })), 40)

it.each([
  ['CANCEL frames', cancels, 1],
  ['CALL frames', calls, 4],
  ['calls whose answers are not read', answers, 20],
])('a flood of %s in sessions is read no faster than it is answered', async (what, bytes, streams) => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const chunk = numbers(bytes)
  const until = performance.now() + 5_000
  let sent = 0
  const flood = async (): Promise<void> => {
    const stream = await open(connection, header('Counter', ''))
    while (stream && performance.now() < until) {
      const isSent = await within(
        stream.send.writeAll(chunk).then(() => true),
        2_000,
      )
      if (!isSent) return
      sent += chunk.length
    }
  }
  await scene.watch(Promise.all(Array.from({ length: streams }, flood)))
  await scene.holds(`flood of ${what}, ${Math.round(sent / 1_024)} KiB`, { growth: 128 })
})

it.each([
  ['the deadline of their call', { deadlineMs: 4_000 }],
  ['flushTimeoutMs without progress', { flushTimeoutMs: 3_000 }],
])('answers that are not read end at %s', async (what, times: { deadlineMs?: number; flushTimeoutMs?: number }) => {
  const { deadlineMs, flushTimeoutMs } = times
  const scene = await Scene.start({ flushTimeoutMs })
  const { connection } = await scene.attacker()
  const fields = deadlineMs === undefined ? {} : { deadlineEpochMs: Date.now() + deadlineMs }
  const unary = concat(header('Work', 'big', fields), request({ n: 5_000_000 }))
  const gather = concat(header('Work', 'gather', fields), request({ n: 5_000_000 }))
  const streams = await scene.watch(
    Promise.all(
      Array.from({ length: 100 }, (_, i) => open(connection, i % 2 === 0 ? unary : gather, { finish: true })),
    ),
  )
  expect(opened(streams).length).toBeGreaterThan(0)
  const after = await eventually(
    () => scene.collected(),
    (figures) => held(figures) < held(scene.before) + 64,
    14_000,
  )
  expect(held(after) - held(scene.before), 'MiB held').toBeLessThan(64)
  await scene.holds(`unread answers until ${what}`, { growth: 512 })
})
