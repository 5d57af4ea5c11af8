// `pnpm faults [--all] [PART OF A NAME…]`: runs calls of every pattern while the network or a process fails.
import { availableParallelism } from 'node:os'
import { argv, exit } from 'node:process'
import { CASES } from './cases.mjs'
import { runCase } from './scene.mjs'

const names = argv.slice(2).filter((argument) => argument !== '--all')
const isWanted = ({ name, short }) =>
  names.length > 0 ? names.some((part) => name.includes(part)) : short === true || argv.includes('--all')
const wanted = CASES.filter(isWanted)
/** The name in the table, padded. */
const width = Math.max(...wanted.map(({ name }) => name.length))

const results = new Map()
// Cases wait most of their time, so several run at once, except for those that change the hosts.
const queue = wanted.filter(({ isAlone }) => !isAlone)
const worker = async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await finish(next)
}
await Promise.all(Array.from({ length: Math.min(3, availableParallelism() + 1) }, worker))
for (const alone of wanted.filter(({ isAlone }) => isAlone)) await finish(alone)

console.log(
  `\n${'fault'.padEnd(width)} | outage |    ok | doubled | lost | longest call | next call (at most) | failed`,
)
for (const { name } of wanted) print(results.get(name))
const failed = [...results.values()].filter(({ problems }) => problems.length > 0)
for (const { name, problems } of failed) {
  const shown = [...new Set(problems)]
  console.log(`\nFAILED: ${name}\n  ${shown.slice(0, 12).join('\n  ')}`)
}
console.log(`\nfaults: ${results.size - failed.length} of ${results.size} held`)
exit(failed.length === 0 ? 0 : 1)

async function finish(one) {
  const result = await runCase(one)
  results.set(one.name, result)
  console.log(`faults: ${one.name}: ${result.problems.length === 0 ? 'held' : 'FAILED'}`)
}

function print({ name, outageMs, ok, doubled, lost, longest, againMs, boundMs, failed }) {
  const ms = (value) => (value === undefined ? '—' : `${Math.round(value)} ms`)
  console.log(
    [
      name.padEnd(width),
      ms(outageMs).padStart(6),
      String(ok).padStart(5),
      String(doubled).padStart(7),
      String(lost).padStart(4),
      ms(longest).padStart(12),
      `${ms(againMs)} (${ms(boundMs)})`.padStart(19),
      failed,
    ].join(' | '),
  )
}
