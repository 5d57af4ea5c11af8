// `node scripts/isolated.mjs COMMAND…`: runs a command in a network namespace that has loopback alone, so that no traffic
// leaves the machine. If the kernel lets ordinary users create no namespaces, the command runs without one.
import { spawnSync } from 'node:child_process'
import { argv, env, exit, platform } from 'node:process'
import { fileURLToPath } from 'node:url'

const SHELL = ['unshare', '-rn', 'sh', '-c']

/**
 * @param {string[]} command
 * @returns {{ command: string[], isolation: string }} the command to run, and a description of its isolation
 */
export function isolated(command) {
  const [file, ...args] = [...SHELL, 'ip link set lo up']
  if (platform === 'linux' && spawnSync(file, args, { stdio: 'ignore' }).status === 0) {
    return {
      command: [...SHELL, 'ip link set lo up && exec "$@"', 'sh', ...command],
      isolation: 'in a network namespace with loopback only',
    }
  }
  return { command, isolation: 'on the network of this machine (no namespace can be made here)' }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { command, isolation } = isolated(argv.slice(2))
  console.error(`running ${isolation}`)
  const [file, ...args] = command
  const { status, error } = spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  if (error) console.error(error.message)
  exit(status ?? 1)
}
