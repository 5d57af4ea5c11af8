// What a process takes of the machine.
import { existsSync, readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
const count = (folder) => (existsSync(folder) ? readdirSync(folder).length : 0)
const mib = (bytes) => Math.round((bytes / 1_048_576) * 10) / 10

/** Sizes in MiB, and the longest time for which the event loop stood still since the last call, in milliseconds. */
export function measure() {
  const { rss, heapUsed, external } = process.memoryUsage()
  const figures = {
    rss: mib(rss),
    heap: mib(heapUsed),
    // Array buffers among it.
    external: mib(external),
    stall: Math.round(delay.max / 1e6),
    descriptors: count('/proc/self/fd'),
    threads: count('/proc/self/task'),
  }
  delay.reset()
  return figures
}

export async function collectGarbage() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await sleep(30)
  }
}
