// `pnpm load [--quick] [PART OF A NAME…]`: puts load on a producer from another process: calls in flight, streams, sessions,
// clients, and more calls than the producer can serve. Every call must end with a status, and the memory must be freed.
import { argv, exit } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProgram, stopPrograms } from '../programs/start.mjs'

const isQuick = argv.includes('--quick')
const parts = argv.slice(2).filter((argument) => argument !== '--quick')
const size = isQuick
  ? { calls: 2_000, streams: 300, sessions: 300, clients: 50, overload: 1_000 }
  : { calls: 10_000, streams: 1_000, sessions: 1_000, clients: 1_000, overload: 5_000 }
/** The MiB by which a process may be larger after the load. */
const KEPT = 48
const problems = []

/** Runs one load between a producer and a consumer of its own. */
async function load(name, options, run) {
  if (parts.length > 0 && !parts.some((part) => name.includes(part))) return
  const producer = startProgram('./producer.mjs', options)
  const consumer = startProgram('./consumer.mjs')
  const endpointAddr = await producer.ask('address')
  const expect = (isRight, what) => {
    if (!isRight) problems.push(`${name}: ${what}`)
  }
  const connected = await consumer.ask('connect', { endpointAddr })
  expect(connected === 'OK', connected)
  // The first calls load code and allocate buffers.
  await consumer.ask('call', { method: 'echo', request: { text: 'x' }, times: 200 })
  const before = await Promise.all([producer.ask('collected'), consumer.ask('collected')])
  const began = performance.now()
  const outcomes = await endsWithin(run({ consumer, producer, endpointAddr, expect }))
  if (outcomes === undefined) {
    expect(false, 'has not ended after a quarter of an hour')
    return stopPrograms()
  }
  const ms = Math.round(performance.now() - began)
  const { mostRunning, rss } = await producer.ask('figures')
  const after = await quiet([producer, consumer], before)
  for (const [i, side] of ['producer', 'consumer'].entries()) {
    expect(grown(after[i], before[i]) < KEPT, `the ${side} holds ${Math.round(grown(after[i], before[i]))} MiB more`)
    expect(after[i].faults.length === 0, `the ${side} met ${after[i].faults}`)
  }
  expect(after[0].running === 0, `${after[0].running} handlers run`)
  expect(after[0].instances === 0, `${after[0].instances} instances of sessions are left`)
  const alive = await consumer.ask('call', { method: 'echo', request: { text: 'x' }, timeoutMs: 10_000 })
  expect(alive.OK === 1, `afterwards: ${JSON.stringify(alive)}`)
  const held = after.map((one, i) => `${Math.round(grown(one, before[i]))}`).join(' and ')
  console.log(`load: ${name}: ${ms} ms, ${JSON.stringify(short(outcomes))}, ${mostRunning} handlers at most`)
  console.log(`      rss ${Math.round(rss)} MiB, held afterwards by producer and consumer: ${held} MiB more`)
  await stopPrograms()
}

/** @returns `undefined` if the promise does not resolve within a quarter of an hour */
async function endsWithin(promise) {
  const stop = new AbortController()
  promise.catch(() => {})
  try {
    return await Promise.race([promise, sleep(900_000, undefined, { signal: stop.signal })])
  } finally {
    stop.abort()
  }
}

const grown = (after, before) => after.heap + after.external - before.heap - before.external

/** Waits until the resources are freed, for 10 s at most. */
async function quiet(programs, before) {
  const until = performance.now() + 10_000
  for (;;) {
    const found = await Promise.all(programs.map((program) => program.ask('collected')))
    const isQuiet =
      found[0].running === 0 && found[0].instances === 0 && found.every((one, i) => grown(one, before[i]) < KEPT)
    if (isQuiet || performance.now() > until) return found
  }
}

/** Groups outcomes by their code. */
function short(outcomes) {
  const codes = {}
  for (const [text, times] of Object.entries(outcomes)) {
    const code = text.split(':')[0]
    codes[code] = (codes[code] ?? 0) + times
  }
  return codes
}
const sum = (outcomes) => Object.values(outcomes).reduce((total, times) => total + times, 0)

await load(`${size.calls} calls in flight`, {}, async ({ consumer, expect }) => {
  const times = size.calls
  const request = { n: 1_000 }
  const outcomes = await consumer.ask('call', { method: 'slow', request, times, atOnce: times, timeoutMs: 120_000 })
  expect(outcomes.OK === times, JSON.stringify(outcomes))
  return outcomes
})

await load(`${size.streams} streams`, {}, async ({ consumer, producer, expect }) => {
  const opened = await consumer.ask('openChats', { count: size.streams })
  expect(opened.OK === size.streams, JSON.stringify(opened))
  const { running } = await producer.ask('figures')
  expect(running === size.streams, `${running} streams at a time`)
  const outcomes = await consumer.ask('finishChats')
  expect(outcomes.OK === size.streams, JSON.stringify(outcomes))
  return outcomes
})

await load(`${size.sessions} sessions`, {}, async ({ consumer, producer, expect }) => {
  const opened = await consumer.ask('openSessions', { count: size.sessions })
  expect(opened === size.sessions, `${opened} sessions`)
  expect((await producer.ask('figures')).instances === size.sessions, 'an instance for each')
  const outcomes = await consumer.ask('callSessions', { times: 3 })
  expect(outcomes.OK === size.sessions * 3, JSON.stringify(outcomes))
  await consumer.ask('closeSessions')
  return outcomes
})

await load(`${size.clients} clients`, {}, async ({ consumer, endpointAddr, expect }) => {
  const outcomes = await consumer.ask('clients', { endpointAddr, count: size.clients, atOnce: 20 })
  expect(outcomes.OK === size.clients, JSON.stringify(outcomes))
  return outcomes
})

for (const [name, limits] of [
  ['overload without limits', undefined],
  ['overload with maxConcurrent', { maxConcurrent: 100, queue: 100 }],
  ['overload with a rate', { perSecond: 200, burst: 50 }],
]) {
  await load(name, limits === undefined ? {} : { limits }, async ({ consumer, expect }) => {
    const times = size.overload
    const call = { method: 'slow', request: { n: 200 }, times, atOnce: times, timeoutMs: 60_000 }
    const outcomes = await consumer.ask('call', call)
    expect(sum(outcomes) === times, `${sum(outcomes)} of ${times} ended`)
    const codes = Object.keys(short(outcomes)).filter((code) => code !== 'OK' && code !== 'RESOURCE_EXHAUSTED')
    expect(codes.length === 0, JSON.stringify(outcomes))
    expect(limits !== undefined || outcomes.OK === times, JSON.stringify(outcomes))
    return outcomes
  })
}

for (const problem of problems) console.log(`FAILED: ${problem}`)
exit(problems.length === 0 ? 0 : 1)
