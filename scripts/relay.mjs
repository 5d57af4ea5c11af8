// `pnpm relay [vitest filters]`: the tests through a relay. Finds `iroh-relay` on the path, or builds it once with cargo, and
// runs the tests as the router between two network namespaces that reach each other through the router alone. Skipped, with
// the reason, if there is neither program, cargo cannot build it, or the kernel makes no namespaces.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { argv, env, execPath, exit, platform } from 'node:process'

const VERSION = '1.4.1'

/** The address of the relay, and of the two hosts with their routers. `packages/tests/relay/network.ts` has the same. */
const SETUP = `
set -e
mount -t tmpfs none /run && mkdir -p /run/netns
ip link set lo up
ip addr add 10.7.0.1/32 dev lo
for host in producer consumer; do ip netns add $host; done
ip link add link0 netns producer type veth peer name to-producer
ip link add link0 netns consumer type veth peer name to-consumer
ip -n producer addr add 10.9.0.1/24 dev link0
ip addr add 10.9.0.254/24 dev to-producer
ip -n consumer addr add 10.8.0.2/24 dev link0
ip addr add 10.8.0.254/24 dev to-consumer
for host in producer consumer; do ip -n $host link set lo up; ip -n $host link set link0 up; done
ip link set to-producer up
ip link set to-consumer up
ip -n producer route add default via 10.9.0.254
ip -n consumer route add default via 10.8.0.254
echo 0 > /proc/sys/net/ipv4/ip_forward
# Names lead nowhere: what asks for one shows.
empty=$(mktemp); mount --bind $empty /etc/resolv.conf
exec "$@"
`

const inNamespaces = (...command) => ['unshare', ['-rnm', 'bash', '-c', SETUP, 'bash', ...command]]

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
  if (platform !== 'linux') return `network namespaces are needed, and this is ${platform}`
  const [command, args] = inNamespaces('true')
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) return `no network namespaces can be made: ${(error?.message ?? stderr).trim()}`
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
