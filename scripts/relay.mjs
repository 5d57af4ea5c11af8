// `pnpm relay [vitest filters]`: the tests through a relay. Finds `iroh-relay` on the path, or builds it once with cargo, and
// runs the tests as the router between two network namespaces that reach each other through the router alone. Skipped, with
// the reason, if there is neither program, cargo cannot build it, or the kernel makes no namespaces.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { argv, env, execPath, exit, platform } from 'node:process'
import { inNamespaces, missingNamespaces } from './lib/namespaces.mjs'

const VERSION = '1.4.1'

const reason = missing()
if (reason !== undefined) skip(reason)
const relay = findRelay() ?? buildRelay() ?? skip('cargo cannot build iroh-relay')
const vitest = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs')
const [command, args] = inNamespaces(execPath, vitest, 'run', '--config', 'vitest.relay.config.ts', ...argv.slice(2))
exit(
  spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...env, ASTER_TEST_RELAY: relay } })
    .status ?? 1,
)

function missing() {
  const reason = missingNamespaces(platform)
  if (reason !== undefined) return reason
  if (findRelay() === undefined && spawnSync('cargo', ['--version']).status !== 0)
    return 'iroh-relay is not on the path, and there is no cargo to build it'
  return undefined
}

function findRelay() {
  const folders = [...(env.PATH ?? '').split(':'), join(cacheFolder(), 'bin')]
  return folders.map((folder) => join(folder, 'iroh-relay')).find((path) => existsSync(path))
}

function buildRelay() {
  const folder = cacheFolder()
  console.log(`relay: building iroh-relay ${VERSION}, which takes some minutes the first time`)
  spawnSync(
    'cargo',
    ['install', 'iroh-relay', '--version', VERSION, '--features', 'server', '--locked', '--root', folder],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...env, CARGO_TARGET_DIR: join(folder, 'target') } },
  )
  return findRelay()
}

function skip(why) {
  console.log(`relay: skipped: ${why}`)
  exit(0)
}

/** Outside of the checkout, so that a fresh clone does not build it again. */
function cacheFolder() {
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'aster', `iroh-relay-${VERSION}`)
}
