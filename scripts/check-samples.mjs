// The quick start of the README as a newcomer tries it: its code blocks and its tsconfig.json in a folder outside of the
// repository, with the packed packages. Type-checks and builds them, and runs producer and consumer on 127.0.0.1: from the
// build, and as printed where Node runs TypeScript with `await using`. The producer ends by SIGTERM, its stdin closed.
// `--nodes` does so on each version of Node that is supported. Wants a build; run it inside a pnpm script, for it calls pnpm.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, env } from 'node:process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { installCopies } from './lib/copies.mjs'
import { installNode, NODES } from './lib/node-versions.mjs'
import { report } from './lib/report.mjs'
import { samplesOf } from './lib/samples.mjs'
import { packagesOf, readTree, root } from './lib/tree.mjs'

/** What the programs need to meet on this machine alone. */
const local = { ...env, ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }
const PRODUCER = 'producer'
/** The consumers, and the last line that each prints. */
const CONSUMERS = { consumer: /^refused: INVALID_ARGUMENT/, 'consumer-without-using': /^Hello, World!$/ }
/** The first Node that runs `await using`. */
const AS_PRINTED = 24

const place = realpathSync(mkdtempSync(join(tmpdir(), 'aster-samples-')))
try {
  const files = readTree()
  install(packagesOf(files).filter(({ kind, manifest }) => kind === 'packages' && !manifest.private))
  const { samples, problems } = samplesOf(files.get('README.md') ?? '')
  for (const [name, code] of samples) writeFileSync(join(place, name), code)
  problems.push(...build())
  const programs = argv.includes('--nodes')
    ? NODES.map(installNode)
    : [{ version: process.version, program: process.execPath }]
  let runs = 0
  for (const { version, program } of problems.length > 0 ? [] : programs) {
    const forms = [(name) => join('dist', `${name}.js`)]
    if (Number.parseInt(version.slice(1), 10) >= AS_PRINTED) forms.push((name) => `${name}.ts`)
    for (const fileOf of forms) {
      runs += 1
      const found = await run(program, fileOf)
      problems.push(...found.map((problem) => `Node ${version}, ${fileOf(PRODUCER)}: ${problem}`))
    }
  }
  report('samples', { problems, seen: `${samples.size} files, run ${runs} times` })
} finally {
  rmSync(place, { recursive: true, force: true })
}

/** Packs the packages, and unpacks them beside what they depend on. */
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
    dependencies: manifest.dependencies ?? {},
  }))
  installCopies(place, copies, unpack)
  mkdirSync(join(place, 'node_modules/@types'))
  symlinkSync(realpathSync(join(root, 'node_modules/@types/node')), join(place, 'node_modules/@types/node'))
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'hello', private: true, type: 'module' }))
}

function build() {
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), { cwd: place, encoding: 'utf8' })
    return []
  } catch (error) {
    return [`tsc: ${error.stdout}`]
  }
}

/** Runs the producer, each consumer, and the end of the producer. Returns what went wrong. */
async function run(program, fileOf) {
  const problems = []
  const producer = start(program, fileOf(PRODUCER), {})
  const ended = once(producer, 'exit')
  const log = text(producer.stderr)
  const address = await addressOf(producer)
  if (address === undefined) return [`no address: ${await log}`]
  for (const [name, last] of Object.entries(CONSUMERS)) {
    const consumer = start(program, fileOf(name), { ASTER_ENDPOINT_ADDR: address })
    const [printed, errors, [code]] = await Promise.all([
      text(consumer.stdout),
      text(consumer.stderr),
      once(consumer, 'exit'),
    ])
    const line = printed.trimEnd().split('\n').at(-1)
    if (code !== 0 || !last.test(line)) problems.push(`${name} ended with ${code}: ${printed}${errors}`)
  }
  if (producer.exitCode !== null) problems.push(`the producer ended with ${producer.exitCode} without a signal`)
  producer.kill('SIGTERM')
  const [code, signal] = await ended
  if (code !== 0) problems.push(`SIGTERM ended the producer with ${code ?? signal}: ${await log}`)
  return problems
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
