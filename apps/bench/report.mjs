// Writes about a run: its description, its warnings, and the documents.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawCharts, writeCharts } from './charts.mjs'
import { BASE, SYSTEMS } from './systems.mjs'
import { DISTURBED, summarize } from './summary.mjs'
import { markdownTable } from './table.mjs'
import { ROWS } from './workloads.mjs'

const START = '<!-- bench: written by `pnpm bench --write` -->'
const END = '<!-- /bench -->'
/** The systems in the README. */
const README_SYSTEMS = ['grpc', 'native-xlang', 'connect', 'trpc', 'python']
const README_KEYS = [
  'unary-1-p50',
  'unary-64',
  'server-stream',
  'client-stream',
  'bidi',
  'echo-64k',
  'echo-1m',
  'upload',
  'cold',
  'warm',
]
const README_CHARTS = ['unary-64.svg', 'unary-p50.svg', 'echo-1m.svg']

/** @typedef {{ machine: object, options: object, startedAt: string, tookMs: number, skipped: Record<string, string>, steps: object[] }} Results */

/** Returns the systems that have steps, beginning with the base. */
export function systemsOf({ steps }) {
  const names = new Set(steps.map(({ system }) => system))
  return SYSTEMS.filter(({ name }) => names.has(name))
}

export const summaryOf = ({ steps }) => summarize(steps, ROWS, BASE)

/** Returns a description of the machine, the time and the way of a run. */
export function describeRun({ machine, options, startedAt }) {
  const { versions, cpu, cores, memoryGiB, system, node } = machine
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version ?? '?'}`)
  return [
    `${cores} × ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}; ${packages.join(', ')}.`,
    `Medians of ${options.rounds} round${options.rounds === 1 ? '' : 's'} of ${options.seconds} s a step, taken ${startedAt.slice(0, 10)}. The ratio to grpc-js of the same round is in brackets, followed by the least and the greatest of the rounds. \`!\` marks steps during which other processes used more than ${DISTURBED * 100} % of the machine.`,
  ].join('\n')
}

/** Returns the reasons why figures of a run should not be quoted. */
export function warningsOf({ steps, options, skipped }) {
  const warnings = Object.entries(skipped).map(([name, reason]) => `left out: ${name} (${reason})`)
  const disturbed = steps.filter(({ others }) => others > DISTURBED)
  const worst = Math.max(0, ...steps.map(({ others }) => others ?? 0))
  if (disturbed.length > 0)
    warnings.push(
      `other processes used more than ${DISTURBED * 100} % of the machine during ${disturbed.length} of ${steps.length} steps (up to ${Math.round(worst * 100)} %): not for quoting`,
    )
  if (options.quick) warnings.push('a quick run: the code is cold, not for quoting')
  for (const { system, round, workload, error } of steps)
    if (error !== undefined) warnings.push(`failed: ${system}, ${workload}, round ${round + 1}: ${error}`)
  return warnings
}

/** Returns a line about the load of other processes during the steps, in percent: the median and the maximum. */
export function describeOthers({ steps }) {
  const shares = steps.map(({ others }) => others).filter((share) => share !== undefined)
  if (shares.length === 0) return 'the load of other processes is not known here'
  const sorted = shares.sort((a, b) => a - b)
  const percent = (share) => `${(share * 100).toFixed(0)} %`
  return `other processes used ${percent(sorted[sorted.length >> 1])} of the machine (median of the steps), at most ${percent(sorted.at(-1))}`
}

/** Returns docs/performance.md. */
export function performanceDocument(results, charts) {
  const images = [...charts.keys()].map((name) => `![${name.replace('.svg', '')}](../apps/bench/charts/${name})`)
  return `# Performance

<!-- Written by \`pnpm bench --write\`. -->

\`pnpm bench\` measures Aster beside grpc-js, Connect and tRPC in one run, with client and server as two processes on loopback. [apps/bench](../apps/bench) describes the method and the rows. gRPC, Connect and tRPC run without TLS, except in the column with TLS; iroh always encrypts. The "raw" columns are the bindings without any layer of Aster, and show the limits of what Aster can reach.

${describeRun(results).replaceAll('\n', '\n\n')}

${images.join('\n\n')}

${markdownTable(summaryOf(results), systemsOf(results))}

${[describeOthers(results), ...warningsOf(results)].map((line) => `- ${line}`).join('\n')}
`
}

/**
 * Returns the README with its section filled.
 *
 * @throws {Error} if the README has no such section
 */
export function withSection(readme, results, charts = new Map()) {
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start < 0 || end < start) throw new Error(`README.md has no section between ${START} and ${END}`)
  const summary = summaryOf(results).filter(({ row }) => README_KEYS.includes(row.key))
  const systems = systemsOf(results).filter(({ name }) => README_SYSTEMS.includes(name))
  const { machine, startedAt } = results
  const content = [
    ...README_CHARTS.filter((name) => charts.has(name)).map(
      (name) => `![${name.replace('.svg', '')}](apps/bench/charts/${name})`,
    ),
    markdownTable(summary, systems, { brief: true }),
    `Medians, and the ratio to grpc-js of the same round; gRPC, Connect and tRPC run without TLS, Aster always encrypts. Taken ${startedAt.slice(0, 10)} on ${machine.cores} × ${machine.cpu}, Node ${machine.node}. [Performance](docs/performance.md) has all systems, all workloads and the spread, and [apps/bench](apps/bench) how to run it: \`pnpm bench\`.`,
  ]
  return `${readme.slice(0, start)}${START}\n\n${content.join('\n\n')}\n\n${readme.slice(end)}`
}

/** Writes the requested documents and charts. Returns their paths. */
export function writeReports(results, root, { charts: all, write }) {
  const written = []
  const charts = drawCharts(summaryOf(results), systemsOf(results))
  if (all)
    for (const name of writeCharts(charts, join(root, 'apps/bench/charts'))) written.push(`apps/bench/charts/${name}`)
  if (write) {
    const readme = join(root, 'README.md')
    writeFileSync(readme, withSection(readFileSync(readme, 'utf8'), results, charts))
    writeFileSync(join(root, 'docs/performance.md'), performanceDocument(results, charts))
    written.push('README.md', 'docs/performance.md')
  }
  return written
}
