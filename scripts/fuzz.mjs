// `node scripts/fuzz.mjs [--seconds N] [--target NAME]… [--seed N] [--save]`: runs the parsers of foreign input on
// mutated inputs, guided by code coverage (packages/tests/fuzz). Each target gets its share of the seconds. An
// input that fails is added to packages/tests/fuzz/regressions, which the tests replay; `--save` keeps the inputs that reached
// something new in packages/tests/fuzz/corpus.
import { createRequire } from 'node:module'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process, { exit } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { appendInput, readInputs, writeInputs } from './lib/fuzz-files.mjs'
import { instrument } from './lib/instrument.mjs'

const FOLDER = fileURLToPath(new URL('../packages/tests/fuzz/', import.meta.url))
/** In a folder as deep as those of the sources, which find files by their own place. */
const BUNDLE = join(FOLDER, '.bundle', 'fuzz.mjs')
/** An input that takes longer counts as a hang: the slowest takes far less on a busy machine. */
const HANG_S = 60
const MAX_INPUT = 1 << 20
const MAX_HEAP_MIB = 768
/** Inputs that `--save` keeps of a target, and their length. */
const MAX_SAVED = 150
const MAX_SAVED_BYTES = 400

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})
const seed = values.seed === undefined ? (Math.random() * 2 ** 31) | 0 : Number(values.seed)
if (!Number.isInteger(seed) || !(Number(values.seconds) > 0))
  throw new Error('expected integers as --seed and --seconds')

// That the `main` of a dependency is odd is known.
process.noDeprecation = true
await bundle()
const names = await listTargets()
const chosen = values.target ?? names
for (const name of chosen)
  if (!names.includes(name)) throw new Error(`no target '${name}'; there are ${names.join(', ')}`)
const seconds = Number(values.seconds) / chosen.length
console.log(`seed ${seed}, ${chosen.length} targets, ${seconds.toFixed(1)} s each`)

let total = 0
let failed = 0
for (const name of chosen) {
  const saved = readInputs(pathOf('corpus', name))
  const earlier = readInputs(pathOf('regressions', name))
  const result = await run({ name, seed, seconds, corpus: [...earlier, ...saved] })
  total += result.inputs
  const { inputs, blocks = 0, found = [], findings, slowest, maxRssMiB } = result
  const worst = slowest ? `, slowest ${slowest.ms.toFixed(0)} ms (${slowest.input.length} bytes)` : ''
  console.log(`${name}: ${inputs} inputs, ${blocks} blocks, ${found.length} new${worst}, RSS ${maxRssMiB ?? '?'} MiB`)
  if (slowest && slowest.ms > 100) console.log(`  slow: ${Buffer.from(slowest.input).toString('base64').slice(0, 400)}`)
  for (const { input, message } of findings) {
    failed++
    appendInput(pathOf('regressions', name), input, message)
    console.log(`  FAILED ${message}\n  input ${Buffer.from(input).toString('base64').slice(0, 2000)}`)
    console.log(`  again: node scripts/fuzz.mjs --target ${name} --seed ${seed}`)
  }
  if (values.save) {
    const short = [...saved, ...found].filter(({ length }) => length <= MAX_SAVED_BYTES)
    writeInputs(pathOf('corpus', name), short.slice(-MAX_SAVED))
  }
}
console.log(`${total} inputs, ${failed} defects, seed ${seed}`)
exit(failed === 0 ? 0 : 1)

function pathOf(folder, name) {
  return join(FOLDER, folder, `${name}.txt`)
}

/** Bundles the packages of the project and the parsers among their dependencies into one file, with counters. Other packages stay as they are. */
async function bundle() {
  const counted = ['smol-toml', 'valibot']
  const asInstalled = {
    name: 'as-installed',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
        if (path.startsWith('@aster/') || path.startsWith('node:') || counted.includes(path) || importer === '')
          return undefined
        return { path: pathToFileURL(createRequire(importer).resolve(path)).href, external: true }
      })
    },
  }
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, 'worker.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@aster/source'],
    plugins: [asInstalled],
    logLevel: 'error',
  })
  const { code, blocks } = instrument(outputFiles[0].text)
  mkdirSync(dirname(BUNDLE), { recursive: true })
  writeFileSync(BUNDLE, code)
  console.log(`${blocks} blocks`)
}

function listTargets() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(BUNDLE, { workerData: null })
    worker.once('message', (names) => void worker.terminate().then(() => resolve(names)))
    worker.once('error', reject)
  })
}

/** Runs a target in a thread. If the thread crashes, hangs or runs out of memory, its input is in `current`. */
function run(job) {
  const current = new SharedArrayBuffer(8 + MAX_INPUT)
  const counters = new Int32Array(current, 0, 2)
  const worker = new Worker(BUNDLE, {
    workerData: { ...job, current },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  })
  return new Promise((resolve) => {
    let last = -1
    let since = Date.now()
    const end = (result) => {
      clearInterval(timer)
      void worker.terminate().then(() => resolve(result))
    }
    const crash = (message) => {
      const input = new Uint8Array(current, 8, Math.min(counters[1], MAX_INPUT)).slice()
      end({ inputs: Atomics.load(counters, 0), findings: [{ input, message }] })
    }
    const timer = setInterval(() => {
      const count = Atomics.load(counters, 0)
      if (count !== last) since = Date.now()
      last = count
      if (Date.now() - since > HANG_S * 1000) crash(`hang: an input ran for more than ${HANG_S} s`)
    }, 1000)
    worker.once('message', end)
    worker.once('error', (error) => crash(`crash: ${error?.stack ?? error}`))
  })
}
