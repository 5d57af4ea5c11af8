// Two network namespaces, `producer` and `consumer`, that reach each other only through the process that made them.
import { spawnSync } from 'node:child_process'

/** The address of a relay, and of the two hosts with their routers. `packages/tests/relay/network.ts` and `faults/` have the same. */
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

/** @returns {[string, string[]]} the command and its arguments, for `spawn` */
export const inNamespaces = (...command) => ['unshare', ['-rnm', 'bash', '-c', SETUP, 'bash', ...command]]

/** @returns {string | undefined} why namespaces cannot be made here */
export function missingNamespaces(platform) {
  if (platform !== 'linux') return `network namespaces are needed, and this is ${platform}`
  const [command, args] = inNamespaces('true')
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  return status === 0 ? undefined : `no network namespaces can be made: ${(error?.message ?? stderr).trim()}`
}
