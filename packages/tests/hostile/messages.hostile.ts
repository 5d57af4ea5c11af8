import { createZstd } from '@aster/compression-zstd'
import { ForyCodec } from '@aster/codec-fory'
import { t } from '@aster/rpc-core'
import { StreamHeader } from '@aster/rpc-core/protocol'
import { expect, it } from 'vitest'
import { Scene, Victim } from './kit.ts'
import { startLiar } from './liar.ts'
import { keep, numbers, open, type RawConnection, readText } from './raw.ts'
import { concat, FLAGS, frame, header, OK } from './wire.ts'

const MOST = 16 * 1_048_576 - 64
const zstd = await createZstd()
const compressed = (json: string): Uint8Array => frame(FLAGS.compressed, zstd.compress(new TextEncoder().encode(json)))
const filled = (start: string, part: string, end: string, length = MOST): string =>
  start + part.repeat(Math.floor((length - start.length - end.length) / part.length)) + end

/** Makes calls, `atOnce` at a time, for `ms` milliseconds. Returns the answers, each cut short. */
async function callRepeatedly(connection: RawConnection, bytes: Uint8Array, { ms = 4_000, atOnce = 8 } = {}) {
  const answers: string[] = []
  const until = performance.now() + ms
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const stream = await open(connection, bytes, { finish: true, ms: 20_000 })
      if (stream) answers.push((await readText(stream, 45_000)).slice(0, 400))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return answers
}

it.each([
  ['empty lists', 'any', filled('{"value":[', '[],', '[]]}')],
  ['lists of lists', 'lists', filled('{"items":[', '[1],', '[]]}')],
  ['white space', 'echo', filled('', ' \n', '{"text":""}')],
])('1.7 KB that are 16 MiB of %s neither stop the producer nor fill its memory', async (what, method, json) => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const bytes = concat(header('Work', method), compressed(json))
  const answers = await scene.watch(callRepeatedly(connection, bytes))
  expect(answers.length).toBeGreaterThan(0)
  for (const answer of answers) expect(answer).not.toContain('<nothing>')
  await scene.holds(`zstd of ${what}, ${answers.length} calls`)
})

it('large legal messages of one peer take turns with the calls of others', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const ints = filled('{"items":[', '[1234567,2345678],', '[]]}')
  const bytes = concat(header('Work', 'lists'), frame(FLAGS.data, ints))
  const answers = await scene.watch(callRepeatedly(connection, bytes, { atOnce: 3 }))
  for (const answer of answers) expect(answer).not.toContain('<nothing>')
  await scene.holds(`16 MiB of JSON, ${answers.length} calls`)
})

it('Fory messages with more values than may be neither stop the producer nor fill its memory', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const codec = new ForyCodec()
  const start = frame(
    FLAGS.header,
    codec.encode(StreamHeader, {
      service: 'Work',
      method: 'any',
      version: 1,
      callId: '',
      deadlineEpochMs: 0,
      serializationMode: 0,
      metadataKeys: [],
      metadataValues: [],
    }),
  )
  const type = t.struct('tests/Any', { value: t.any })
  const message = grown((count) => codec.encode(type, { value: Array(count).fill([]) }), 3_000_000)
  const bytes = concat(start, frame(FLAGS.compressed, zstd.compress(message)))
  const answers = await scene.watch(callRepeatedly(connection, bytes))
  expect(answers.length).toBeGreaterThan(0)
  for (const answer of answers) expect(answer).not.toContain('<nothing>')
  await scene.holds(`zstd of Fory, ${answers.length} calls`)
})

/** Returns a message with a list of `count` elements, made from a small one: an encoder may refuse to write so many. */
function grown(encode: (count: number) => Uint8Array, count: number): Uint8Array {
  const [less, more] = [encode(1_000), encode(1_001)]
  const at = less.findIndex((byte, i) => byte !== more[i])
  const size = more.length - less.length
  // The varint of 1,000 has two bytes.
  const element = less.subarray(less.length - size)
  const before = less.subarray(0, at)
  const between = less.subarray(at + 2, less.length - 1_000 * size)
  const length: number[] = []
  for (let rest = count; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) + 128)
    if (rest < 128) break
  }
  return concat(before, Uint8Array.from(length), between, Buffer.alloc(size * count, element))
}

it('text and zeros that compress well arrive', async () => {
  const scene = await Scene.start()
  const { connection } = await scene.attacker()
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(70_000)
  for (const legal of [text, '0'.repeat(900_000)]) {
    const bytes = concat(header('Work', 'echo'), compressed(JSON.stringify({ text: legal })))
    const stream = await open(connection, bytes, { finish: true })
    if (stream === undefined) throw new Error('no stream')
    expect((await readText(stream, 20_000, 100_000)).slice(5, 40)).toContain('{"text":"')
  }
  await scene.holds('legal text')
})

it('maxMessageBytes of a producer refuses what is longer with RESOURCE_EXHAUSTED', async () => {
  const scene = await Scene.start({ maxMessageBytes: 65_536 })
  const victim = new Victim()
  expect(await victim.connect(scene.address)).toBe('OK')
  const short = await victim.call({ method: 'echo', request: { text: 'x'.repeat(60_000) } })
  expect(short).toEqual({ OK: 1 })
  const long = await victim.call({ method: 'echo', request: { text: 'x'.repeat(100_000) } })
  expect(Object.keys(long)[0]).toMatch(/^RESOURCE_EXHAUSTED: .*65,?536/)
  await scene.holds('maxMessageBytes')
})

it('an answer of 1.7 KB that is 16 MiB of empty lists neither stops a client nor fills its memory', async () => {
  const bomb = concat(compressed(filled('{"n":1,"more":[', '[],', '[]]}')), OK)
  const liar = await startLiar({
    async onCall(stream) {
      keep(stream)
      await stream.send.writeAll(numbers(bomb))
      await stream.send.finish()
      await readText(stream, 5_000)
    },
  })
  const victim = new Victim()
  expect(await victim.connect(liar.endpointAddr)).toBe('OK')
  await victim.figures()
  const outcomes = await victim.call({ method: 'slow', request: { n: 1 }, times: 24, atOnce: 8, timeoutMs: 30_000 })
  expect(Object.values(outcomes).reduce((sum, times) => sum + times, 0)).toBe(24)
  const { rss, stall, faults } = await victim.figures()
  console.log(`hostile: bombs for a client: ${JSON.stringify({ rss, stall, outcomes })}`)
  expect(faults).toEqual([])
  expect(rss).toBeLessThan(1_024)
  expect(stall).toBeLessThan(1_000)
})
