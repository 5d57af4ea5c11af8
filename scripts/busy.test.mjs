import { spawnSync } from 'node:child_process'
import { execPath, kill } from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { keepBusy } from './busy.mjs'

const isAlive = (pid) => {
  try {
    return kill(pid, 0)
  } catch {
    return false
  }
}

it('keeps cores busy until it is told to stop', async () => {
  const { pids, stop } = keepBusy(2)
  expect(pids.map(isAlive)).toEqual([true, true])
  await stop()
  expect(pids.map(isAlive)).toEqual([false, false])
})

it.each([0, 3])('ends with the code of its command: %i', (code) => {
  const script = fileURLToPath(new URL('busy.mjs', import.meta.url))
  const { status, stdout } = spawnSync(
    execPath,
    [script, execPath, '-e', `console.log('ran'); process.exit(${code})`],
    {
      encoding: 'utf8',
    },
  )
  expect([status, stdout]).toEqual([code, 'ran\n'])
})
