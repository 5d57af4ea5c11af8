// Tests the quick start of the README as a newcomer would: its code blocks and its tsconfig.json in a folder outside of the
// repository, with the packed packages. Type-checks and builds them, and runs producer and consumers on 127.0.0.1: from the
// build, as bundles with the addon as their only package, and unbuilt if Node runs TypeScript. The producer ends by SIGTERM, its
// stdin closed. The programs in the `@example` tags of the packages are compiled beside them, run, and have to print the
// lines behind `// prints`.
// `--nodes` does so on each version of Node that is supported. Needs a build; run it from a pnpm script, since it calls pnpm.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { argv, env } from 'node:process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { installCopies } from './lib/copies.mjs'
import { examplesOf } from './lib/examples.mjs'
import { installNode, NODES } from './lib/node-versions.mjs'
import { report } from './lib/report.mjs'
import { samplesOf } from './lib/samples.mjs'
import { packagesOf, readTree, root } from './lib/tree.mjs'

/** The environment in which the programs meet on this machine alone. */
const local = { ...env, ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }
const PRODUCER = 'producer'
/** The folder of the examples. */
const EXAMPLES = 'examples'
/** The examples that vitest runs, and Node alone cannot: they are only compiled. */
const OF_VITEST = 'packages/compliance/'
const EXAMPLE_TIMEOUT_MS = 60_000
/** The consumers, and the last line that each prints. */
const CONSUMERS = { consumer: /^refused: INVALID_ARGUMENT/, 'consumer-without-using': /^Hello, World!$/ }
/** The externals of docs/platforms.md. */
const EXTERNAL = ['@aster/iroh-native', '@number0/iroh', '@foxglove/wasm-zstd']
/** The first versions of Node that run TypeScript, and `await using`. */
const TYPESCRIPT = 22.18
const USING = 24

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'aster-samples-')))
const place = join(folder, 'hello')
/** Where bundles are: no package can be found from there but the addon. */
const deployed = join(folder, 'deployed')
try {
  mkdirSync(place)
  const files = readTree()
  install(packagesOf(files).filter(({ kind, manifest }) => kind === 'packages' && !manifest.private))
  const { samples, problems } = samplesOf(files.get('README.md') ?? '')
  for (const [name, code] of samples) writeFileSync(join(place, name), code)
  const { examples, problems: unreadable } = examplesOf(files)
  mkdirSync(join(place, EXAMPLES))
  for (const [index, { code }] of examples.entries()) writeFileSync(join(place, EXAMPLES, `${index}.ts`), code)
  problems.push(...unreadable)
  problems.push(...compile())
  if (problems.length === 0) await bundle()
  const programs = argv.includes('--nodes')
    ? NODES.map(installNode)
    : [{ version: process.version, program: process.execPath }]
  let runs = 0
  for (const { version, program } of problems.length > 0 ? [] : programs) {
    for (const [index, example] of examples.entries()) problems.push(...runExample(program, example, index))
    for (const { title, fileOf, consumers } of formsFor(version)) {
      runs += 1
      const found = await run(program, fileOf, consumers)
      problems.push(...found.map((problem) => `Node ${version}, ${title}: ${problem}`))
    }
  }
  report('samples', { problems, seen: `${samples.size} files, run in ${runs} ways; ${examples.length} examples` })
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The ways in which a version of Node runs the samples. */
function formsFor(version) {
  const [major, minor] = version.slice(1).split('.').map(Number)
  const number = major + minor / 100
  const consumers = Object.keys(CONSUMERS)
  const forms = [
    { title: 'built', fileOf: (name) => join(place, 'dist', `${name}.js`), consumers },
    { title: 'bundled', fileOf: (name) => join(deployed, `${name}.mjs`), consumers },
  ]
  if (number < TYPESCRIPT) return forms
  const printed = consumers.filter((name) => number >= USING || name.endsWith('without-using'))
  return [...forms, { title: 'as printed', fileOf: (name) => join(place, `${name}.ts`), consumers: printed }]
}

/** Packs the packages and unpacks them beside their dependencies. */
function install(packages) {
  const tarballs = join(place, 'tarballs')
  mkdirSync(tarballs)
  const unpack = (name, to) => {
    const { dir } = packages.find(({ manifest }) => manifest.name === name)
    const packing = ['pack', '--json', '--pack-destination', tarballs]
    const { filename } = JSON.parse(execFileSync('pnpm', packing, { cwd: join(root, dir), encoding: 'utf8' }))
    execFileSync('tar', ['-xzf', filename, '-C', to, '--strip-components=1'])
  }
  const copies = packages.map(({ dir, manifest }) => ({
    name: manifest.name,
    dir: join(root, dir),
    dependencies: { ...manifest.dependencies, ...manifest.peerDependencies },
  }))
  installCopies(place, copies, unpack)
  mkdirSync(join(place, 'node_modules/@types'))
  symlinkSync(realpathSync(join(root, 'node_modules/@types/node')), join(place, 'node_modules/@types/node'))
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'hello', private: true, type: 'module' }))
}

function compile() {
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), { cwd: place, encoding: 'utf8' })
    return []
  } catch (error) {
    return [`tsc: ${error.stdout}`]
  }
}

async function bundle() {
  const addon = join(deployed, 'node_modules/@number0/iroh')
  mkdirSync(dirname(addon), { recursive: true })
  symlinkSync(realpathSync(join(place, 'node_modules/@number0/iroh')), addon)
  await build({
    entryPoints: [PRODUCER, ...Object.keys(CONSUMERS)].map((name) => join(place, `${name}.ts`)),
    outdir: deployed,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: EXTERNAL,
    logLevel: 'error',
  })
}

/** Runs the producer and each consumer, and ends the producer. Returns the problems. */
async function run(program, fileOf, consumers) {
  const problems = []
  const producer = start(program, fileOf(PRODUCER), {})
  const ended = once(producer, 'exit')
  const log = text(producer.stderr)
  const address = await addressOf(producer)
  if (address === undefined) return [`no address: ${await log}`]
  for (const name of consumers) {
    const consumer = start(program, fileOf(name), { ASTER_ENDPOINT_ADDR: address })
    const [printed, errors, [code]] = await Promise.all([
      text(consumer.stdout),
      text(consumer.stderr),
      once(consumer, 'exit'),
    ])
    const line = printed.trimEnd().split('\n').at(-1)
    if (code !== 0 || !CONSUMERS[name].test(line)) problems.push(`${name} ended with ${code}: ${printed}${errors}`)
  }
  if (producer.exitCode !== null) problems.push(`the producer ended with ${producer.exitCode} without a signal`)
  producer.kill('SIGTERM')
  const [code, signal] = await ended
  if (code !== 0) problems.push(`SIGTERM ended the producer with ${code ?? signal}: ${await log}`)
  return problems
}

/** Runs an example to its end. Returns the problems. */
function runExample(program, { path, line, prints }, index) {
  if (path.startsWith(OF_VITEST)) return []
  const file = join(place, 'dist', EXAMPLES, `${index}.js`)
  const options = { cwd: place, env: local, encoding: 'utf8', timeout: EXAMPLE_TIMEOUT_MS, input: '' }
  const { status, signal, stdout, stderr } = spawnSync(program, [file], options)
  if (status !== 0) return [`the example of ${path}:${line} ended with ${status ?? signal}: ${stderr}`]
  const printed = stdout.split('\n')
  const missing = prints.filter((wanted) => !printed.includes(wanted))
  return missing.map((wanted) => `the example of ${path}:${line} did not print '${wanted}': ${stdout}`)
}

function start(program, file, environment) {
  return spawn(program, [file], { cwd: place, env: { ...local, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function addressOf(producer) {
  for await (const line of createInterface(producer.stdout)) {
    const found = /^ASTER_ENDPOINT_ADDR=(\S+)$/.exec(line)
    if (found) return found[1]
  }
  return undefined
}
