// `pnpm test:nodes [vitest filters]`: the tests on each version of Node that the packages support.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { argv, env, exit } from 'node:process'
import { isolated } from './isolated.mjs'
import { installNode, NODES } from './lib/node-versions.mjs'
import { root } from './lib/tree.mjs'

const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs')
const filters = argv.slice(2).filter((arg) => arg !== '--')
let failed = false
// All programs are there before the first test runs, which has no network.
for (const { version, program } of NODES.map(installNode)) {
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
