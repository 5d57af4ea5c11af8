// `pnpm soak --minutes 30`: makes calls of every pattern, sessions, cancels, deadlines and clients that come and go, between two
// processes. Their memory, descriptors and threads must stay flat.
import { argv, exit } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProgram, stopPrograms } from '../programs/start.mjs'
import { flatness } from './flatness.mjs'

const at = argv.indexOf('--minutes')
const minutes = at < 0 ? 1 : Number(argv[at + 1])
if (!(minutes > 0)) throw new Error(`--minutes: expected a number above 0, found ${argv[at + 1]}`)
const SAMPLES = 40
const everyMs = Math.max(1_000, (minutes * 60_000) / SAMPLES)

const producer = startProgram('./producer.mjs', { tickMs: 5 })
const consumer = startProgram('./mix.mjs', { timeoutMs: 20_000, pauseMs: 10, atOnce: 8, keepsCalls: false })
await consumer.ask('start', { endpointAddr: await producer.ask('address'), visits: true, deadlines: true })

/** The samples of each side. */
const samples = { producer: [], consumer: [] }
const until = performance.now() + minutes * 60_000
console.log(
  '  time | producer: heap  external   rss  descriptors  threads | consumer: heap  external   rss  descriptors  threads',
)
for (let count = 0; performance.now() < until; count++) {
  await sleep(everyMs)
  const [one, other] = await Promise.all([producer.ask('collected'), consumer.ask('collected')])
  samples.producer.push(one)
  samples.consumer.push(other)
  if (count % 2 === 0) {
    const time = `${Math.round((count + 1) * (everyMs / 1_000))} s`.padStart(6)
    console.log(`${time} |          ${columns(one)} |          ${columns(other)}`)
  }
}
const { haveEnded, outcomes, wrong, faults } = await consumer.ask('end', 40_000)
const doubled = await producer.ask('doubled')
const last = await producer.ask('collected')
await stopPrograms()

const problems = [...new Set([...wrong, ...faults, ...last.faults])]
if (!haveEnded) problems.push('some calls have not ended')
if (doubled.length > 0) problems.push(`received twice: ${String(doubled)}`)
if (last.running > 0) problems.push(`${last.running} handlers run`)
if (last.instances > 0) problems.push(`${last.instances} instances of sessions are left`)
for (const [pattern, counts] of Object.entries(outcomes)) {
  const failed = Object.keys(counts).filter((outcome) => outcome !== 'OK')
  if (failed.length > 0) problems.push(`${pattern}: ${JSON.stringify(counts)}`)
}
for (const [side, found] of Object.entries(samples)) {
  const { lines, problems: uneven } = flatness(found)
  console.log(`soak: ${side}: ${lines.join(', ')}`)
  problems.push(...uneven.map((problem) => `${side}: ${problem}`))
}
console.log(`soak: ${minutes} min: ${JSON.stringify(outcomes)}`)
for (const problem of problems) console.log(`FAILED: ${problem}`)
exit(problems.length === 0 ? 0 : 1)

function columns({ heap, external, rss, descriptors, threads }) {
  return [
    heap.toFixed(1).padStart(5),
    external.toFixed(1).padStart(9),
    rss.toFixed(0).padStart(5),
    String(descriptors).padStart(12),
    String(threads).padStart(8),
  ].join(' ')
}
