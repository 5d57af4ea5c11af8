import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../fixtures/leaks.mjs', import.meta.url))

interface Left {
  readonly heapMiB: number
  readonly arrayBuffersMiB: number
  readonly resources: Readonly<Record<string, number>>
  readonly listeners: number
}

interface Report {
  /** Calls that ended with another status than they should have. */
  readonly unexpected: number
  readonly before: Left
  readonly after: Left
  /** How many streams could be opened at once in the end, of 100. */
  readonly streams: number
}

// QUIC gives places for streams back several at a time, so a few may be missing.
it.concurrent.each([
  { over: 'memory', calls: 100_000, streams: 100 },
  { over: 'iroh', calls: 5_000, streams: 80 },
])(
  '$calls calls of mixed patterns over $over leave nothing behind',
  async ({ over, calls, streams }) => {
    const { stdout } = await run(process.execPath, ['--expose-gc', program, over, String(calls)], { timeout: 170_000 })
    const report = JSON.parse(stdout) as Report
    expect(report.unexpected).toBe(0)
    expect(report.streams).toBeGreaterThanOrEqual(streams)
    const { before, after } = report
    expect(after.resources).toEqual(before.resources)
    expect([before.listeners, after.listeners]).toEqual([0, 0])
    expect(after.heapMiB - before.heapMiB).toBeLessThan(3)
    expect(after.arrayBuffersMiB - before.arrayBuffersMiB).toBeLessThan(1)
  },
  180_000,
)
