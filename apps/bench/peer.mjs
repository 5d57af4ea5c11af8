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

/** Seconds of CPU that this process has used so far, on all threads. */
function cpu() {
  const { user, system: kernel } = process.cpuUsage()
  return (user + kernel) / 1e6
}

/** MiB of memory, after a collection if there is a way to ask for one. */
function rss() {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 2 ** 20
}

/** From now on the peak is that of what follows. */
function watchPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Only Linux has it: the peak is that of the process.
  }
  return rss()
}

/** The most MiB of memory so far. */
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
// The runner has ended, or has no use for this process any more.
process.on('disconnect', () => process.exit(0))
process.send({ ready: { importMs } })
