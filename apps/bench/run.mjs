// `pnpm bench [--quick] [--rounds 3] [--seconds 3] [--out results.json] [systems…]`: Aster against grpc-js. Every round
// runs every system once, as two processes each, and begins with another one.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runOnce } from './round.mjs'
import { median } from './statistics.mjs'
import { markdown, summarize } from './table.mjs'

const BASE = 'grpc'
const SYSTEMS = ['aster', BASE]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, 'results.json') },
  },
})
const { quick, out } = values
const rounds = Number(values.rounds ?? (quick ? 1 : 3))
const seconds = Number(values.seconds ?? (quick ? 0.5 : 3))
const systems = positionals.length > 0 ? positionals : SYSTEMS
const unknown = systems.filter((system) => !SYSTEMS.includes(system))
if (unknown.length > 0 || !(rounds >= 1) || !(seconds > 0)) {
  console.error(
    `bench: expected rounds ≥ 1, seconds > 0 and systems among ${SYSTEMS.join(', ')}; found ${unknown.join(', ')}`,
  )
  process.exit(2)
}

const results = Object.fromEntries(systems.map((system) => [system, []]))
for (let round = 0; round < rounds; round++) {
  for (let turn = 0; turn < systems.length; turn++) {
    const system = systems[(round + turn) % systems.length]
    const run = await runOnce(system, { scale: quick ? 0.1 : 1, seconds })
    results[system].push(run)
    const { figures, foreign } = run
    console.error(
      `round ${round + 1} of ${rounds}, ${system}: p50 ${figures['unary p50, µs'].toFixed(0)} µs, ` +
        `${figures['calls/s, 64 in flight'].toFixed(0)} calls/s; other processes used ${foreign.toFixed(2)} cores`,
    )
  }
}

const summary = summarize(results, BASE)
const machine = { node: process.version, cpu: cpus()[0].model, cores: cpus().length }
writeFileSync(out, `${JSON.stringify({ machine, rounds, seconds, summary, results }, undefined, 2)}\n`)

const foreign = median(Object.values(results).flatMap((runs) => runs.map((run) => run.foreign)))
console.log(
  `Medians of ${rounds} round${rounds === 1 ? '' : 's'}, Node ${machine.node}, ${machine.cores} × ${machine.cpu}.\n`,
)
console.log(markdown(summary, BASE))
if (foreign > 0.1) console.log(`\nOther processes used ${foreign.toFixed(2)} cores meanwhile: not for quoting.`)
if (quick) console.log('\nA quick run: the code is cold, not for quoting.')
