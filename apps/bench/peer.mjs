// One process of a system: `node peer.mjs server|client <system>`, driven over IPC by run.mjs.
import { workload } from './workload.mjs'

const [role, name] = process.argv.slice(2)
const start = performance.now()
const system = await import(`./systems/${name}.mjs`)
const importMs = performance.now() - start

const commands = { ...(role === 'server' ? { serve: system.serve } : workload(system)), cpu }

/** Seconds of CPU that this process used so far, on all threads. */
function cpu() {
  const { user, system: kernel } = process.cpuUsage()
  return (user + kernel) / 1e6
}

async function answer({ id, command, argument }) {
  try {
    process.send({ id, result: await commands[command](argument) })
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) })
  }
}

process.on('message', (question) => void answer(question))
// The runner is gone, or done.
process.on('disconnect', () => process.exit(0))
process.send({ ready: { importMs } })
