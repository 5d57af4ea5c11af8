// `pnpm native:check`: checks formatting, clippy, tests and licences of the crate of packages/iroh-native. Uses the profile
// `fast` and the target folder of `pnpm native:build --fast`, so that dependencies are built once. With `--available`,
// only the exit code tells whether the addon can be built here: 0 if it can, 3 if not.
import { spawnSync } from 'node:child_process'
import { argv, env, exit } from 'node:process'
import { CRATE, missingTools, targetFolder } from './native-build.mjs'

const PROFILE = ['--locked', '--profile', 'fast']
const NO_CARGO = 3
/** Permissive: they ask for no more than to be named. */
const LICENCES = [
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'CDLA-Permissive-2.0',
  'ISC',
  'MIT',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
]

const missing = missingTools()
if (argv.includes('--available')) {
  const reason = missing ?? fetchFailure()
  if (reason) console.log(`native: the addon is not built here: ${reason}`)
  exit(reason ? NO_CARGO : 0)
}
if (missing) {
  console.error(`native:check: ${missing}`)
  exit(1)
}
const failed = [
  ['fmt', '--check'],
  ['clippy', ...PROFILE, '--all-targets', '--', '-D', 'warnings'],
  ['test', ...PROFILE],
  ...denySteps(),
].filter((args) => cargo(args) !== 0)
for (const args of failed) console.error(`native:check: cargo ${args.join(' ')} failed`)
const licences = licenceProblems()
for (const problem of licences) console.error(`native:check: ${problem}`)
exit(failed.length + licences.length > 0 ? 1 : 0)

/** Of the crates of all platforms. */
function licenceProblems() {
  const args = ['metadata', '--locked', '--offline', '--format-version', '1']
  const { stdout, stderr, status } = spawnSync('cargo', args, { cwd: CRATE, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) return [`cargo metadata failed: ${stderr.trim()}`]
  const { packages } = JSON.parse(stdout)
  console.log(`native:check: licences of ${packages.length} crates`)
  return packages
    .filter(({ license }) => !isAllowed(license ?? ''))
    .map(({ name, version, license }) => `${name} ${version} has a licence that is not allowed: ${license}`)
}

/** `MIT OR Apache-2.0` and `MIT/Apache-2.0` leave the choice; of `MIT AND ISC` each has to be allowed. */
function isAllowed(licence) {
  return licence
    .split(/ AND (?![^(]*\))/)
    .every((part) => part.split(/ OR |\//).some((one) => LICENCES.includes(one.replace(/[()]/g, ''))))
}

/** Without the advisories, which are in a repository of their own that not every machine can reach. */
function denySteps() {
  if (spawnSync('cargo', ['deny', '--version'], { cwd: CRATE, stdio: 'ignore' }).status !== 0) {
    console.log(
      'native:check: cargo-deny is not installed, so licences, sources and bans of the crates are not checked',
    )
    return []
  }
  return [['deny', '--locked', 'check', 'bans', 'licenses', 'sources']]
}

/** Fetches the crates once. cargo caches the files of the registry. */
function fetchFailure() {
  const { status, stderr, error } = spawnSync('cargo', ['fetch', '--locked'], {
    cwd: CRATE,
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status === 0) return undefined
  return `cargo fetch --locked failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`
}

function cargo(args) {
  console.log(`native:check: cargo ${args.join(' ')}`)
  const options = { cwd: CRATE, stdio: 'inherit', env: { ...env, CARGO_TARGET_DIR: targetFolder() } }
  return spawnSync('cargo', args, options).status
}
