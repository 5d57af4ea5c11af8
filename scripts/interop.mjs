// `pnpm interop [--native] [vitest filters]`: runs the tests against the Python package; with `--native` over the addon of
// @aster/iroh-native, which must have been built. Creates the virtual environments once, then runs the tests in a separate
// network namespace if the kernel allows one, so that no traffic leaves the machine.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { argv, env, execPath, exit } from 'node:process'
import { isolated } from './isolated.mjs'
import { root } from './lib/tree.mjs'

const PYTHONS = env.ASTER_INTEROP_PYTHON
  ? [env.ASTER_INTEROP_PYTHON]
  : ['python3.11', 'python3.12', 'python3.13', 'python3']
const VERSIONS = ['3.11', '3.12', '3.13']
const ENVIRONMENTS = {
  ASTER_PYTHON: { folder: '.venv', requirements: ['aster-rpc==0.1.2'] },
  ASTER_PYTHON_FORY_017: { folder: '.venv-fory017', requirements: ['pyfory==0.17.0'] },
  ASTER_CLI_PYTHON: { folder: '.venv-cli', requirements: ['aster-cli==0.1.2', 'mcp<2'] },
}

const python = PYTHONS.map(describePython).find(({ version }) => VERSIONS.includes(version))
if (!python) {
  const message = `no Python ${VERSIONS.join(', ')} among ${PYTHONS.join(', ')}; name one with ASTER_INTEROP_PYTHON`
  if (env.CI) fail(message)
  console.log(`interop: skipped: ${message}`)
  exit(0)
}

const native = argv.includes('--native')
const binding = native ? { ASTER_IROH_BINDING: 'native', ASTER_REQUIRE_NATIVE: '1' } : {}

const pythons = {}
for (const [variable, { folder, requirements }] of Object.entries(ENVIRONMENTS)) {
  pythons[variable] = environment(join(root, folder), requirements)
}

const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs')
const { command, isolation } = isolated([
  execPath,
  vitest,
  'run',
  '--config',
  'vitest.interop.config.ts',
  ...argv.slice(2).filter((arg) => arg !== '--' && arg !== '--native'),
])
console.log(`interop: Python ${python.version}${native ? ', the native binding' : ''}, ${isolation}`)
exit(run(command, { env: { ...env, ...pythons, ...binding } }))

function describePython(name) {
  const print = 'import sys; print("%d.%d" % sys.version_info[:2])'
  const { stdout } = spawnSync(name, ['-c', print], { encoding: 'utf8' })
  return { name, version: stdout?.trim() }
}

/** The interpreter of a virtual environment, which is made anew when it is not the one wanted. */
function environment(folder, requirements) {
  const requirement = requirements.join(' ')
  const bin = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, 'requirement.txt')
  const wanted = `${requirement} on Python ${python.version}\n`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(bin)) return bin
  console.log(`interop: installing ${requirement}`)
  rmSync(folder, { recursive: true, force: true })
  for (const [file, ...args] of [
    [python.name, '-m', 'venv', folder],
    [bin, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...requirements],
  ]) {
    if (run([file, ...args]) !== 0) fail(`could not install ${requirement} with ${python.name}`)
  }
  // Last, so that an interrupted installation is not taken for a whole one.
  writeFileSync(stamp, wanted)
  return bin
}

function run([file, ...args], options = {}) {
  const { status, signal, error } = spawnSync(file, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  })
  if (error) console.error(`interop: ${error.message}`)
  if (signal) console.error(`interop: ${file} was ended by ${signal}`)
  return status ?? 1
}

function fail(message) {
  console.error(`interop: ${message}`)
  exit(1)
}
