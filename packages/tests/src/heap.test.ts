import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)

const MiB = 1024 * 1024

describe('the memory of a stream', () => {
  // Slow: `@number0/iroh` takes each byte as a number, and this moves 64 MiB.
  it.concurrent.each(['down', 'up'])(
    'lets 64 MiB over iroh, %s, pass through a heap of 32 MiB',
    async (direction) => {
      const program = fileURLToPath(new URL('../fixtures/iroh-flow.mjs', import.meta.url))
      const { stdout } = await run(process.execPath, ['--max-old-space-size=32', program, direction], {
        timeout: 110_000,
      })
      const { bytes, rssGrowthMiB } = JSON.parse(stdout) as { bytes: number; rssGrowthMiB: number }
      expect(bytes).toBe(64 * MiB)
      expect(rssGrowthMiB).toBeLessThan(200)
    },
    120_000,
  )
})
