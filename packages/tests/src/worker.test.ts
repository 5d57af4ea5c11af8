import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../fixtures/worker.mjs', import.meta.url))

it('a worker that has closed its client and its server ends, and the main thread continues', async () => {
  // A process that does not end by itself is killed here, and the test fails.
  const { stdout } = await run(process.execPath, ['--no-warnings', program], { timeout: 50_000 })
  const { binding, ...rest } = JSON.parse(stdout) as { binding: string; [name: string]: unknown }
  // With @number0/iroh, a worker that does not close ends the process, and a warning says so.
  const worker = { answer: 'worker', exitCode: 0, codes: binding === 'number0' ? ['ASTER_WORKER'] : [] }
  // A worker that is terminated ends with 1.
  const ends = [worker, worker, { ...worker, exitCode: 1 }]
  expect(rest).toEqual({ ends, answer: 'main', codes: [] })
})
