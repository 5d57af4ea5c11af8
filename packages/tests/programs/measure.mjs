// Measures the memory and the time that a process uses.
import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 10
let longest = { wall: 0, stall: 0 }
let last = look()
setInterval(() => {
  const now = look()
  const wall = now.wall - last.wall - EVERY_MS
  // On a busy machine a process also waits for a core, which does not count against it.
  const stall = Math.min(wall, now.cpu - last.cpu)
  longest = { wall: Math.max(longest.wall, wall), stall: Math.max(longest.stall, stall) }
  last = now
}, EVERY_MS)

function look() {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now(), cpu: (user + system) / 1_000 }
}

const count = (folder) => (existsSync(folder) ? readdirSync(folder).length : 0)
const mib = (bytes) => Math.round((bytes / 1_048_576) * 10) / 10

/**
 * Returns sizes in MiB, and the longest time since the last call for which the event loop was blocked, in milliseconds: by the
 * clock (`wall`), and the part of it in which the process computed (`stall`).
 */
export function measure() {
  const { rss, heapUsed, external } = process.memoryUsage()
  const figures = {
    rss: mib(rss),
    heap: mib(heapUsed),
    // Includes array buffers.
    external: mib(external),
    stall: Math.round(longest.stall),
    wall: Math.round(longest.wall),
    descriptors: count('/proc/self/fd'),
    threads: count('/proc/self/task'),
  }
  longest = { wall: 0, stall: 0 }
  return figures
}

export async function collectGarbage() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await sleep(30)
  }
}
