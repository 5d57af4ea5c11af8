// One process of a system: `node peer.mjs server|client <file> <variant>`, driven over IPC by child.mjs.
import { readFileSync, writeFileSync } from 'node:fs'
import { measurements } from './measure.mjs'

const [role, file, variant] = process.argv.slice(2)
const start = performance.now()
const system = await import(`./systems/${file}.mjs`)
const importMs = performance.now() - start

const commands = {
  ...(role === 'server' ? { serve: () => system.serve(variant) } : measurements(system, variant)),
  cpu,
  rss,
  watchPeak,
  peak,
}

/** Returns the seconds of CPU that this process has used so far, on all threads. */
function cpu() {
  const { user, system: kernel } = process.cpuUsage()
  return (user + kernel) / 1e6
}

/** Returns the MiB of memory, after a garbage collection if one can be requested. */
function rss() {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 2 ** 20
}

/** Resets the peak of memory, if the system can. */
function watchPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Only Linux can reset the peak; elsewhere it is that of the whole process.
  }
  return rss()
}

/** Returns the peak of memory so far, in MiB. */
function peak() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
  } catch {
    return process.resourceUsage().maxRSS / 1024
  }
}

async function answer({ id, command, argument }) {
  try {
    process.send({ id, result: await commands[command](argument) })
  } catch (error) {
    process.send({ id, error: String(error?.message ?? error) })
  }
}

process.on('message', (question) => void answer(question))
// The runner has ended, or does not need this process any more.
process.on('disconnect', () => process.exit(0))
process.send({ ready: { importMs } })
