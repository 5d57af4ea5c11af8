// node packages/cli/bench/run.mjs [--calls N] [--rounds N]      needs `pnpm build` first; run it with scripts/isolated.mjs
//
// Measures `aster call` against a producer on loopback: the time from Enter to the first answer, and the rate of calls whose
// requests come on stdin, compared with a typed client over one connection. Rounds are interleaved.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LOCAL } from './service.mjs'

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '40000' },
    rounds: { type: 'string', default: '3' },
    starts: { type: 'string', default: '9' },
    concurrency: { type: 'string', multiple: true, default: ['1', '64'] },
  },
})
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const env = { ...process.env, ...LOCAL }
const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1]

/** Resolves to the first message of a process. Rejects if the process ends without one. */
function messageOf(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`a process ended with ${code}`)))
  })
}

/** Runs the tool. Resolves to the times of its first and last output and the number of lines. */
async function runTool(args, stdin) {
  const started = performance.now()
  const child = spawn(process.execPath, [here('../bin/aster.js'), ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  // The tool may end before it has read all of its input.
  child.stdin.on('error', () => {}).end(stdin)
  let first
  let firstLines = 0
  let lines = 0
  let last
  child.stdout.on('data', (bytes) => {
    last = performance.now()
    for (const byte of bytes) if (byte === 10) lines++
    if (first === undefined) [first, firstLines] = [last, lines]
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`aster ${args[0]} ended with ${code}`)
  return { started, first, last, lines, firstLines }
}

async function rateOfTool(address, calls, concurrency) {
  const lines = Array.from({ length: calls }, (_, i) => `{"text":"sixteen letters.","count":${i}}\n`).join('')
  const args = ['call', address, 'Bench.echo', '--concurrency', String(concurrency)]
  const { first, last, lines: answers, firstLines } = await runTool(args, lines)
  if (answers !== calls) throw new Error(`expected ${calls} answers, found ${answers}`)
  return ((answers - firstLines) * 1000) / (last - first)
}

async function rateOfLibrary(address, calls, concurrency) {
  const child = fork(here('library.mjs'), [address, String(calls), String(concurrency)], { env })
  const ms = await messageOf(child)
  await once(child, 'close')
  return ((calls - 1) * 1000) / ms
}

const producer = fork(here('producer.mjs'), [], { env })
const address = await messageOf(producer)

try {
  const starts = []
  for (let i = 0; i < Number(values.starts); i++) {
    const { started, first } = await runTool(['call', address, 'Bench.echo', '{"text":"a","count":1}'], '')
    starts.push(first - started)
  }
  const ms = (value) => `${value.toFixed(0)} ms`
  if (starts.length > 0)
    console.log(`first answer: median ${ms(median(starts))}, ${ms(Math.min(...starts))} to ${ms(Math.max(...starts))}`)

  for (const concurrency of values.concurrency.map(Number)) {
    // Fewer calls if they run one at a time, which takes longer.
    const calls = Math.ceil(Number(values.calls) / (concurrency === 1 ? 4 : 1))
    const [tool, library] = [[], []]
    for (let i = 0; i < Number(values.rounds); i++) {
      library.push(await rateOfLibrary(address, calls, concurrency))
      tool.push(await rateOfTool(address, calls, concurrency))
    }
    const share = median(tool.map((rate, i) => rate / library[i]))
    const rate = (all) => `${Math.round(median(all)).toLocaleString('en')}/s`
    console.log(
      `${calls.toLocaleString('en')} calls, ${concurrency} at a time: aster call ${rate(tool)}, the library ${rate(library)}: ${(share * 100).toFixed(0)} %`,
    )
  }
} finally {
  producer.disconnect()
}
