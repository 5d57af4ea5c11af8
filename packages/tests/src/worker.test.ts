import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../fixtures/worker.mjs', import.meta.url))

it('lets a worker end that closed its client and its server; the main thread goes on', async () => {
  // A process that does not end by itself is killed here, and the test fails.
  const { stdout } = await run(process.execPath, ['--no-warnings', program], { timeout: 50_000 })
  const { binding, ...rest } = JSON.parse(stdout) as { binding: string; [name: string]: unknown }
  // A worker that forgets to close ends the process with @number0/iroh, of which it is warned.
  const worker = { answer: 'worker', exitCode: 0, codes: binding === 'number0' ? ['ASTER_WORKER'] : [] }
  // A worker that is terminated ends with 1.
  const ends = [worker, worker, { ...worker, exitCode: 1 }]
  expect(rest).toEqual({ ends, answer: 'main', codes: [] })
})
