import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readIdentityFile, updateIdentityFile } from '../node.ts'
import { retrySection, withFileLock } from './file-lock.ts'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'aster-lock-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const file = () => join(folder, 'id')
const lock = () => join(folder, '.id.lock')

it('is held during the section, and released whatever happens', () => {
  expect(withFileLock(file(), () => existsSync(lock()))).toBe(true)
  expect(existsSync(lock())).toBe(false)
  const fail = (): never => {
    throw new Error('x')
  }
  expect(() => withFileLock(file(), fail)).toThrow('x')
  expect(existsSync(lock())).toBe(false)
})

it('is taken over from a process that ended', () => {
  writeFileSync(lock(), 'of another')
  expect(withFileLock(file(), () => 1, { patienceMs: 30 })).toBe(1)
  expect(readdirSync(folder)).toEqual([])
})

it('runs the section again if another process took the lock over meanwhile', () => {
  let runs = 0
  const done = withFileLock(
    file(),
    (held) => {
      runs++
      if (runs === 1) writeFileSync(lock(), 'of another')
      held.assertHeld()
      return 'done'
    },
    { patienceMs: 30 },
  )
  expect([done, runs]).toEqual(['done', 2])
})

it('is waited for while another thread holds it', async () => {
  const holder = new Worker(
    `const { writeFileSync, rmSync } = require('node:fs'), { workerData } = require('node:worker_threads')
     for (let turn = 0; turn < 40; turn++) {
       writeFileSync(workerData, 'turn ' + turn)
       if (turn === 0) require('node:worker_threads').parentPort.postMessage('held')
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
     }
     rmSync(workerData)`,
    { eval: true, workerData: lock() },
  )
  await once(holder, 'message')
  const ended = once(holder, 'exit')
  expect(withFileLock(file(), () => readFileSync(lock(), 'utf8'), { patienceMs: 5_000 })).toMatch(/^[0-9a-f]{24}$/)
  await ended
  expect(readdirSync(folder)).toEqual([])
})

it('does not run a section for ever', () => {
  let runs = 0
  const again = (): never => {
    runs++
    return retrySection()
  }
  expect(() => withFileLock(file(), again)).toThrow(expect.objectContaining({ code: 'EBUSY' }))
  expect(runs).toBe(10)
})

it('is not waited for if its folder is missing', () => {
  expect(() => withFileLock(join(folder, 'none/id'), () => 1)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})

describe('several processes', () => {
  let script = ''
  beforeEach(async () => {
    script = join(folder, 'enroll.mjs')
    await build({
      stdin: {
        contents: `import fs from 'node:fs'
          import { syncBuiltinESMExports } from 'node:module'
          import { generateKeyPair, signCredential } from ${JSON.stringify(fileURLToPath(new URL('../index.ts', import.meta.url)))}
          import { updateIdentityFile } from ${JSON.stringify(fileURLToPath(new URL('../node.ts', import.meta.url)))}
          const [path, crash, ...names] = process.argv.slice(2)
          if (crash !== 'no') {
            fs[crash] = () => process.kill(process.pid, 'SIGKILL')
            syncBuiltinESMExports()
          }
          const { secretKey } = generateKeyPair()
          const credential = signCredential({ type: 'policy', expiresAt: 4102444800, attributes: {} }, secretKey)
          for (const name of names)
            updateIdentityFile(path, (found) => ({ peers: [...(found?.peers ?? []), { role: 'consumer', name, credential }] }))`,
        resolveDir: folder,
      },
      bundle: true,
      conditions: ['@aster/source'],
      platform: 'node',
      format: 'esm',
      outfile: script,
      logLevel: 'error',
    })
  })

  async function enroll(crash: string, names: readonly string[]): Promise<unknown[]> {
    const child = spawn(process.execPath, [script, file(), crash, ...names], { stdio: 'inherit' })
    return once(child, 'exit')
  }

  const namesIn = () => readIdentityFile(file()).value.peers.map(({ name = '' }) => name)

  it('lose no entry that one of them wrote', async () => {
    const lists = Array.from({ length: 4 }, (_, one) => Array.from({ length: 5 }, (_, two) => `n${one}-${two}`))
    const ends = await Promise.all(lists.map((names) => enroll('no', names)))
    expect(ends).toEqual(lists.map(() => [0, null]))
    expect(namesIn().toSorted()).toEqual(lists.flat())
    expect(readdirSync(folder).toSorted()).toEqual(['enroll.mjs', 'id'])
  }, 60_000)

  it.each(['renameSync', 'fsyncSync'])(
    'go on after one that was killed in %s, whose secrets do not stay',
    async (call) => {
      await enroll('no', ['first'])
      expect(await enroll(call, ['lost'])).toEqual([null, 'SIGKILL'])
      expect(namesIn()).toEqual(['first'])
      expect(readdirSync(folder).length).toBeGreaterThan(2)
      await enroll('no', ['next'])
      expect(namesIn()).toEqual(['first', 'next'])
      expect(readdirSync(folder).toSorted()).toEqual(['enroll.mjs', 'id'])
      updateIdentityFile(file(), (found) => ({ peers: found?.peers ?? [] }))
    },
    60_000,
  )
})
