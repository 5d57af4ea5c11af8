// `pnpm faults [--all] [PART OF A NAME…]`: what calls meet when the network or a process fails, between two network namespaces
// that reach each other through a UDP proxy alone. Skipped, with the reason, if the kernel makes no namespaces.
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
