// `pnpm faults [--all] [PART OF A NAME…]`: tests calls while the network or a process fails, between two network
// namespaces that a UDP proxy connects. Prints the reason and skips the tests if the kernel allows no namespaces.
import { spawnSync } from 'node:child_process'
import { argv, execPath, exit, platform } from 'node:process'
import { inNamespaces, missingNamespaces } from './lib/namespaces.mjs'

const reason = missingNamespaces(platform)
if (reason !== undefined) {
  console.log(`faults: skipped: ${reason}`)
  exit(0)
}
const [command, args] = inNamespaces(execPath, 'packages/tests/faults/faults.mjs', ...argv.slice(2))
exit(spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1)
