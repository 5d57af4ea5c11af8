// `pnpm test:nodes [vitest filters]`: the tests on each version of Node that the packages support. npm's package `node` has
// the programs; npx keeps them in its cache.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { argv, env, exit } from 'node:process'
import { isolated } from './isolated.mjs'
import { root } from './lib/tree.mjs'

const VERSIONS = ['20', '22', '24']

const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs')
const filters = argv.slice(2).filter((arg) => arg !== '--')
let failed = false
for (const { version, program } of VERSIONS.map(install)) {
  const { command, isolation } = isolated([program, vitest, 'run', ...filters])
  console.log(`nodes: Node ${version}, ${isolation}`)
  // Programs that the tests start by name are of the same version.
  const path = [dirname(program), env.PATH].join(delimiter)
  const { status } = spawnSync(command[0], command.slice(1), {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, PATH: path },
  })
  console.log(`nodes: Node ${version}: ${status === 0 ? 'passed' : 'FAILED'}`)
  if (status !== 0) failed = true
}
exit(failed ? 1 : 0)

/** Finds the newest program of a major version. All of them are there before the first test runs, which has no network. */
function install(major) {
  const print = 'console.log(JSON.stringify({ version: process.version, program: process.execPath }))'
  const args = ['--yes', '--package', `node@${major}`, '--', 'node', '--eval', print]
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout)
  console.error(`nodes: npm has no program for node@${major}: ${stderr}`)
  return exit(1)
}
