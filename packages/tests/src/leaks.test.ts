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
  /** The number of calls that ended with a wrong status. */
  readonly unexpected: number
  readonly before: Left
  readonly after: Left
  /** The number of streams, of 100, that could be opened at once in the end. */
  readonly streams: number
}

// QUIC returns the credit for streams several at a time, so a few may be missing.
it.concurrent.each([
  { over: 'memory', calls: 100_000, streams: 100 },
  { over: 'iroh', calls: 5_000, streams: 80 },
])(
  '$calls calls of mixed patterns over $over leave no resources',
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
