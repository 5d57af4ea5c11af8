// `pnpm native:build [--fast] [--target TRIPLE] [--zig]`: builds the addon and puts its file into packages/iroh-native, where
// the loader looks first. `--fast` uses the profile for development. With `--zig` cargo-zigbuild links, for a glibc that is as
// old as the release promises, or for musl. Needs cargo, as only `pnpm relay` does besides.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { argv, env, exit, platform as system } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { binaryOf, GLIBC_FLOOR, NATIVE, PLATFORMS } from './lib/native-platforms.mjs'
import { root } from './lib/tree.mjs'

export const CRATE = join(root, NATIVE, 'crate')

/** Outside of the checkout, so that a clone that is deleted, copied or searched does not carry gigabytes. */
export function targetFolder() {
  if (env.CARGO_TARGET_DIR) return env.CARGO_TARGET_DIR
  const caches = {
    darwin: join(homedir(), 'Library/Caches'),
    win32: env.LOCALAPPDATA ?? join(homedir(), 'AppData/Local'),
  }
  return join(env.XDG_CACHE_HOME || caches[system] || join(homedir(), '.cache'), 'aster/native-target')
}

/** Returns why the addon cannot be built here, or `undefined` if it can. */
export function missingTools() {
  const [, wanted] = /^rust-version = "([\d.]+)"$/m.exec(readFileSync(join(CRATE, 'Cargo.toml'), 'utf8'))
  const install = `install Rust ${wanted} or later from https://rustup.rs`
  const { stdout, status } = spawnSync('cargo', ['--version'], { cwd: CRATE, encoding: 'utf8' })
  if (status !== 0) return `there is no cargo: ${install}`
  const [, major, minor] = /^cargo (\d+)\.(\d+)\./.exec(stdout) ?? []
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number)
  const isOlder = Number(major) < wantedMajor || (Number(major) === wantedMajor && Number(minor) < wantedMinor)
  return isOlder ? `${stdout.trim()} is too old: ${install}, or run rustup update` : undefined
}

function hostTarget() {
  const { stdout } = spawnSync('rustc', ['-vV'], { cwd: CRATE, encoding: 'utf8' })
  return /^host: (.+)$/m.exec(stdout ?? '')?.[1]
}

/** The name that cargo uses for a dynamic library of the crate. */
function libraryOf(os) {
  if (os === 'win32') return 'aster_iroh_native.dll'
  return os === 'darwin' ? 'libaster_iroh_native.dylib' : 'libaster_iroh_native.so'
}

function main() {
  const { values } = parseArgs({
    options: { fast: { type: 'boolean' }, target: { type: 'string' }, zig: { type: 'boolean' } },
  })
  const missing = missingTools()
  if (missing) fail(missing)
  const target = values.target ?? hostTarget()
  const [name, { os } = {}] = Object.entries(PLATFORMS).find(([, one]) => one.target === target) ?? []
  if (name === undefined) {
    fail(
      `${target} is no platform of @aster/iroh-native: ${Object.values(PLATFORMS)
        .map((one) => one.target)
        .join(', ')}`,
    )
  }
  const profile = values.fast ? 'fast' : 'release'
  const folder = targetFolder()
  const started = performance.now()
  const floor = values.zig && target.endsWith('-gnu') ? `.${GLIBC_FLOOR}` : ''
  // Without a target, the folder is shared with the tests and clippy.
  const named = values.target || values.zig ? ['--target', target + floor] : []
  const args = [values.zig ? 'zigbuild' : 'build', '--locked', '--profile', profile, ...named]
  const flags = env.RUSTFLAGS ?? ''
  // A dynamic library of musl has to link to the libc of the system, which is Node's as well.
  const rustflags = target.endsWith('-musl') ? `${flags} -C target-feature=-crt-static`.trim() : flags
  const { status, error } = spawnSync('cargo', args, {
    cwd: CRATE,
    stdio: 'inherit',
    env: { ...env, CARGO_TARGET_DIR: folder, ...(rustflags && { RUSTFLAGS: rustflags }) },
  })
  if (status !== 0) fail(`cargo ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
  const built = join(folder, ...(named.length > 0 ? [target] : []), profile, libraryOf(os))
  const place = join(root, NATIVE, binaryOf(name))
  mkdirSync(join(root, NATIVE), { recursive: true })
  // Renamed over the old file: a process that has loaded that one keeps it whole.
  copyFileSync(built, `${place}.new`)
  renameSync(`${place}.new`, place)
  if (floor) checkFloor(place)
  const seconds = Math.round((performance.now() - started) / 1000)
  const megabytes = (statSync(place).size / 1e6).toFixed(1)
  console.log(
    `native:build: ${NATIVE}/${binaryOf(name)}, ${megabytes} MB, profile ${profile}, ${seconds} s, target folder ${folder}`,
  )
}

/** No symbol may be of a later glibc than the release promises. */
function checkFloor(file) {
  const versions = readFileSync(file, 'latin1').matchAll(/GLIBC_2\.(\d+)/g)
  const newest = Math.max(0, ...[...versions].map(([, minor]) => Number(minor)))
  const [, most] = GLIBC_FLOOR.split('.').map(Number)
  if (newest > most) fail(`${file} needs glibc 2.${newest}, later than ${GLIBC_FLOOR}`)
}

function fail(message) {
  console.error(`native:build: ${message}`)
  exit(1)
}

if (argv[1] === fileURLToPath(import.meta.url)) main()
