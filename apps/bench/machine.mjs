// Describes the machine, and measures the load of other processes on it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { running } from './child.mjs'

const TICKS_PER_SECOND = 100
const PACKAGES = [
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@connectrpc/connect-node',
  '@trpc/server',
  'ws',
  '@number0/iroh',
  '@aster/client',
]

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    versions: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  }
}

/** Reads the version of a package from the file of its manifest, since not every package exports it. */
function versionOf(name) {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version
    } catch {
      // The next folder may have the package.
    }
  }
  return undefined
}

/**
 * Starts to watch the machine. Returns a function that returns the share of all cores that other processes have used since, from
 * 0 to 1, or `undefined` without /proc.
 */
export function watchOthers() {
  const before = snapshot()
  return () => {
    const after = snapshot()
    if (before === undefined || after === undefined) return undefined
    const elapsed = (after.at - before.at) / 1000
    const others = after.busy - before.busy - (after.own - before.own)
    return Math.min(1, Math.max(0, others / elapsed / cpus().length))
  }
}

function snapshot() {
  try {
    const own = [process.pid, ...running].reduce((sum, pid) => sum + ticksOf(pid), 0)
    return { at: performance.now(), busy: busyTicks() / TICKS_PER_SECOND, own: own / TICKS_PER_SECOND }
  } catch {
    return undefined
  }
}

/** Returns the busy ticks of the machine without interrupts: those of loopback are counted for the processes already. */
function busyTicks() {
  const [, user, nice, system] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 4).map(Number)
  return user + nice + system
}

/** Returns the ticks of a process and of its children that have ended. */
function ticksOf(pid) {
  let stat
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    // The process has ended, and counts as an ended child of its parent from now on.
    return 0
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
}
