// `pnpm bench:compare A B`: builds two commits in two worktrees, and compares them in one interleaved run of this
// benchmark. The exit code is 1 if B is slower than A.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProgress } from './progress.mjs'
import { compareVersions, regressionTable } from './regression.mjs'
import { countSteps, runRounds } from './rounds.mjs'
import { findMissing } from './systems.mjs'
import { parseArguments, runProgram, selectNames, UsageError } from './usage.mjs'
import { ROWS, WORKLOADS } from './workloads.mjs'

const ROOT = join(import.meta.dirname, '../..')
const ADDON_FOLDER = 'packages/iroh-native'
const BINDINGS = ['native', 'number0']
/** The workloads that changes most often make slower; they take a few minutes. */
const DEFAULT_WORKLOADS = 'connect,unary-1,unary-64,unary-256,server-stream,client-stream,bidi,echo-64k,echo-1m,rss'

const USAGE = `Usage: pnpm bench:compare [options] BEFORE AFTER

Builds two commits, and compares them in one run with interleaved rounds. Exit code 1: AFTER is slower.

  --threshold PERCENT  slower by no more than this is not slow (default 5)
  --rounds N           at least 3 (default 7)
  --seconds S          how long a step measures (default 0.5)
  --bindings A,B       native, number0 (default both, as far as both commits have them)
  --workloads A,B      (default ${DEFAULT_WORKLOADS})
  --keep               leaves the worktrees where they are
  --help               this text`

await runProgram('bench:compare', main)

async function main(args) {
  const options = parse(args)
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  // Both checkouts have been built: this is the process in the namespace.
  if (options.built !== undefined) return compare(options, options.built)
  const [before, after] = options.commits.map(resolveCommit)
  const folder = mkdtempSync(join(tmpdir(), 'aster-compare-'))
  try {
    for (const [name, commit] of [
      ['before', before],
      ['after', after],
    ])
      checkOut(commit, join(folder, name))
    const run = ['scripts/isolated.mjs', process.execPath, 'apps/bench/compare.mjs', ...args, '--built', folder]
    return spawnSync(process.execPath, run, { cwd: ROOT, stdio: 'inherit' }).status ?? 1
  } finally {
    if (options.keep) console.error(`kept: ${folder}`)
    else
      for (const name of ['before', 'after'])
        spawnSync('git', ['worktree', 'remove', '--force', join(folder, name)], { cwd: ROOT, stdio: 'ignore' })
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
  }
}

function parse(args) {
  const { values, positionals } = parseArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      threshold: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '0.5' },
      bindings: { type: 'string', default: BINDINGS.join(',') },
      workloads: { type: 'string', default: DEFAULT_WORKLOADS },
      built: { type: 'string' },
    },
  })
  if (!values.help && positionals.length !== 2)
    throw new UsageError(`expected two commits, found ${positionals.length}`)
  return {
    ...values,
    commits: positionals,
    threshold: positive('threshold', values.threshold) / 100,
    // With fewer rounds, one version may be slower in every round by chance.
    rounds: Math.max(3, Math.ceil(positive('rounds', values.rounds))),
    seconds: positive('seconds', values.seconds),
    bindings: selectNames('bindings', values.bindings, BINDINGS),
    workloads: selectNames(
      'workloads',
      values.workloads,
      WORKLOADS.map(({ name }) => name),
    ),
  }
}

function positive(name, text) {
  if (!(Number(text) > 0)) throw new UsageError(`--${name}: expected a number above 0, found '${text}'`)
  return Number(text)
}

function resolveCommit(name) {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new UsageError(`expected a commit of this repository, found '${name}'`)
  return stdout.trim()
}

/** Installs and builds a commit. */
function checkOut(commit, folder) {
  console.error(`building ${commit.slice(0, 12)} in ${folder}`)
  run('git', ['worktree', 'add', '--detach', '--quiet', folder, commit], ROOT)
  const { packageManager, scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const pnpm = (...args) => run('npx', ['-y', packageManager.split('+')[0], ...args], folder)
  pnpm('install', '--frozen-lockfile', '--prefer-offline', '--silent')
  pnpm('run', '--silent', 'build')
  if (!existsSync(join(folder, ADDON_FOLDER))) return
  // The addon of this checkout is used if it is built from the same sources.
  const isSame =
    spawnSync('git', ['diff', '--quiet', commit, '--', `${ADDON_FOLDER}/crate`], { cwd: ROOT }).status === 0
  const addons = readdirSync(join(ROOT, ADDON_FOLDER)).filter((name) => name.endsWith('.node'))
  if (isSame && addons.length > 0) {
    for (const name of addons) copyFileSync(join(ROOT, ADDON_FOLDER, name), join(folder, ADDON_FOLDER, name))
  } else if (scripts['native:build'] !== undefined && spawnSync('cargo', ['--version']).status === 0) {
    pnpm('run', '--silent', 'native:build')
  } else console.error('the native core cannot be built here: that commit is measured without it')
}

function run(command, args, cwd) {
  // npm warns of each setting of pnpm that it does not know.
  const env = { ...process.env, npm_config_loglevel: 'error' }
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 2, 'inherit'] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`)
}

async function compare({ bindings, rounds, seconds, workloads, threshold, commits }, folder) {
  const systems = bindings.flatMap((binding) => systemsOf(binding, folder, workloads))
  if (systems.length === 0) throw new Error('neither binding can be loaded in both checkouts')
  const options = { rounds, seconds, quick: false, workloads }
  const progress = createProgress({ total: countSteps(systems, options) })
  const steps = []
  for await (const step of runRounds(systems, options, (text) => progress.step(text))) {
    progress.done()
    steps.push(step)
    if (step.error !== undefined) progress.note(`failed: ${step.system}, ${step.workload}: ${step.error}`)
  }
  progress.end()
  let regressions = 0
  for (const binding of bindings) {
    const names = { before: `${binding}-before`, after: `${binding}-after` }
    const compared = compareVersions(steps, ROWS, { ...names, threshold })
    if (compared.length === 0) continue
    regressions += compared.filter(({ isRegression }) => isRegression).length
    console.log(`${regressionTable(`${commits[1]} against ${commits[0]}, ${binding}`, compared)}\n`)
  }
  const failed = steps.filter(({ error }) => error !== undefined).length
  console.log(
    `${regressions} rows slower by more than ${threshold * 100} % and in every round of ${rounds}; ${failed} steps failed.`,
  )
  return regressions > 0 || failed > 0 ? 1 : 0
}

/** Returns the two versions over a binding, or an empty list if one of them does not have the binding. */
function systemsOf(binding, folder, workloads) {
  const systems = ['before', 'after'].map((name) => {
    const env = { ASTER_BENCH_CHECKOUT: join(folder, name), ASTER_IROH_BINDING: binding }
    const program = { file: 'aster', variant: 'xlang', env }
    return {
      name: `${binding}-${name}`,
      title: `${name}, ${binding}`,
      server: program,
      client: program,
      workloads,
      checkout: env.ASTER_BENCH_CHECKOUT,
    }
  })
  for (const { checkout, title } of systems) {
    const reason = findMissing([{ name: binding }], checkout)[binding]
    if (reason === undefined) continue
    console.error(`left out: ${binding} (${title}: ${reason})`)
    return []
  }
  return systems
}
