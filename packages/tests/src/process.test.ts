import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

it('a process ends by itself after close()', async () => {
  // A process that does not end by itself is killed here, and the test fails.
  const { stdout } = await run(process.execPath, [path('../fixtures/exit-after-close.mjs')], { timeout: 110_000 })
  expect(JSON.parse(stdout)).toEqual({
    outcomes: ['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'CANCELLED'],
    left: [],
  })
}, 120_000)

it('the quick start runs as two processes', async () => {
  const { stdout } = await run(process.execPath, [path('../../../apps/hello/dist/demo.js')], { timeout: 110_000 })
  for (const line of [
    'offered: HelloService v1 (shared)',
    'Hello, World!',
    'AAPL $187.5',
    'uploaded 3 chunks, 16 characters',
    'you said: hi',
    'refused: INVALID_ARGUMENT',
  ]) {
    expect(stdout).toContain(line)
  }
  expect(stdout).toContain('consumer ended with 0, producer with 0')
}, 120_000)
