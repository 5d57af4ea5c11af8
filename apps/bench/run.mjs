// `pnpm bench`: see options.mjs, or --help.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { goalsTable, judge } from './goals.mjs'
import { describeMachine } from './machine.mjs'
import { parseOptions, USAGE } from './options.mjs'
import { createProgress, formatTime } from './progress.mjs'
import { describeOthers, describeRun, summaryOf, systemsOf, warningsOf, writeReports } from './report.mjs'
import { countSteps, runRounds } from './rounds.mjs'
import { DISTURBED } from './summary.mjs'
import { findMissing, reasonMissing, SYSTEMS } from './systems.mjs'
import { markdownTable, terminalTable } from './table.mjs'
import { runProgram, UsageError } from './usage.mjs'

const ROOT = join(import.meta.dirname, '../..')
const RESULTS = join(import.meta.dirname, 'results.json')

await runProgram('bench', main)

async function main(args) {
  const options = parseOptions(args)
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const file = options.out ?? RESULTS
  const results = options.measures ? await measure(options) : readResults(options.from ?? file)
  if (options.measures && !options.check) writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`)
  if (options.measures) print(results, options)
  if (options.goals) console.log(`\n${goalsTable(judge(results.steps))}`)
  if (options.charts) console.log(`\nwrote ${writeReports(results, ROOT, options).join(', ')}`)
  return options.measures && results.steps.some(({ error }) => error !== undefined) ? 1 : 0
}

function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch ({ message }) {
    throw new UsageError(`no results can be read: ${message}; run pnpm bench first`)
  }
}

async function measure(options) {
  const { quick, rounds, seconds, workloads } = options
  const wanted = SYSTEMS.filter(({ name }) => options.systems.includes(name))
  const missing = findMissing(wanted)
  const skipped = {}
  for (const system of wanted) {
    const reason = reasonMissing(system, missing)
    if (reason !== undefined) skipped[system.name] = reason
  }
  const systems = wanted.filter(({ name }) => skipped[name] === undefined)
  const began = performance.now()
  const startedAt = new Date().toISOString()
  const progress = createProgress({ total: countSteps(systems, options) })
  for (const [name, reason] of Object.entries(skipped)) progress.note(`left out: ${name} (${reason})`)
  const steps = []
  for await (const step of runRounds(systems, options, (text) => progress.step(text))) {
    steps.push(step)
    progress.done()
    const { system, workload, error, others } = step
    if (error !== undefined) progress.note(`failed: ${system}, ${workload}: ${error}`)
    else if (others > DISTURBED && !quick)
      progress.note(`${system}, ${workload}: other processes used ${Math.round(others * 100)} % of the machine`)
  }
  progress.end()
  return {
    machine: describeMachine(),
    options: { quick, rounds, seconds, workloads },
    startedAt,
    tookMs: Math.round(performance.now() - began),
    skipped,
    steps,
  }
}

function print(results, { check }) {
  const { steps, tookMs } = results
  if (check) {
    const failed = steps.filter(({ error }) => error !== undefined)
    console.log(`${steps.length - failed.length} of ${steps.length} steps answered right, in ${formatTime(tookMs)}`)
    for (const warning of warningsOf(results)) console.log(warning)
    return
  }
  const summary = summaryOf(results)
  const systems = systemsOf(results)
  console.log(`${describeRun(results)}\n`)
  if (systems.length > 0)
    console.log(
      process.stdout.isTTY ? terminalTable(summary, systems, process.stdout.columns) : markdownTable(summary, systems),
    )
  console.log(`\nTook ${formatTime(tookMs)}; ${describeOthers(results)}.`)
  for (const warning of warningsOf(results)) console.log(warning)
}
