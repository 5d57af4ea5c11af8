import { parseRootKey } from '@aster/identity'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workplace } from '../test/cli.ts'

let place: Workplace
beforeEach(() => void (place = new Workplace()))
afterEach(() => place[Symbol.dispose]())

const bin = fileURLToPath(new URL('../bin/aster.js', import.meta.url))

/** Runs the built command as a process of its own. */
async function aster(args: readonly string[], stdin = ''): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const running = promisify(execFile)(process.execPath, [bin, ...args], { cwd: place.folder, env: {}, timeout: 50_000 })
  running.child.stdin?.end(stdin)
  return running.then(
    (done) => ({ code: 0, ...done }),
    (error: { code: unknown; stdout: string; stderr: string }) => error,
  )
}

it('runs as a process: arguments, working directory, pipes, exit code', async () => {
  const made = await aster(['keygen', 'root', '--json'])
  expect([made.code, made.stderr]).toEqual([0, ''])
  const key = place.read('root.key')
  expect(JSON.parse(made.stdout)).toMatchObject({ rootPubkey: parseRootKey(key).publicKey })

  const enrolled = await aster(['enroll', 'consumer', '--name', 'a', '--root-key', '-'], key)
  expect([enrolled.code, enrolled.stderr]).toEqual([0, ''])
  expect((await aster(['identity', 'show'])).stdout).toContain('(in 30 days)')

  const again = await aster(['keygen', 'root'])
  expect(again).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^aster: root\.key is there already .*\n$/),
  })
}, 120_000)
