// `node scripts/busy.mjs COMMAND…`: runs a command while every core has something else to do, since no test may depend on
// speed. `pnpm test:busy [vitest filters]` runs the tests so.
import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { argv, env, execPath, exit } from 'node:process'
import { fileURLToPath } from 'node:url'

/** Computes until its parent is gone, also if that was killed. */
const LOAD = `const parent = process.ppid
while (process.ppid === parent) for (let i = 0; i < 1e8; i++);`

/**
 * Keeps cores busy.
 *
 * @param {number} count of processes
 * @returns {{ pids: number[], stop: () => Promise<void> }} `stop` resolves when the processes are gone
 */
export function keepBusy(count) {
  const children = Array.from({ length: count }, () => spawn(execPath, ['--eval', LOAD], { stdio: 'ignore' }))
  const ended = Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))))
  return {
    pids: children.map(({ pid }) => pid),
    async stop() {
      for (const child of children) child.kill('SIGKILL')
      await ended
    },
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const count = availableParallelism()
  const load = keepBusy(count)
  console.error(`running beside ${count} processes that keep ${count} cores busy`)
  const [file, ...args] = argv.slice(2)
  const { status, error } = spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  if (error) console.error(error.message)
  await load.stop()
  exit(status ?? 1)
}
